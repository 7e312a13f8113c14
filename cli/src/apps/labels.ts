import { UsageProblem } from '../command.ts'

/** Labels from options written `name=value`. */
export const readLabels = (texts: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new UsageProblem(`--label is ${JSON.stringify(text)}, but it must be name=value.`)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )

export const labelsText = (labels: Record<string, string> | null): string =>
  Object.entries(labels ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
