import { FeatureFlag } from '@openfeature/flagd-core'

const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }

/** What flagd-core itself, with nothing of ours around it, makes of a condition; throws where it reports an error. */
export const evaluateWithFlagd = (rule: unknown): ((context: Record<string, unknown>) => boolean) => {
  // flagd-core's type says text, and means what JSON.parse makes of it.
  const targeting = { if: [rule, 'true', 'false'] } as unknown as string
  const variants = { true: true, false: false }
  const flag = new FeatureFlag(
    'rule',
    { state: 'ENABLED', variants, defaultVariant: 'false', targeting },
    silent,
    { disableDynamicCodeGeneration: true },
  )
  return (context) => {
    const { value, reason, errorMessage } = flag.evaluate(context as Record<string, string>)
    if (reason === 'ERROR') throw new Error(errorMessage)
    return value === true
  }
}
