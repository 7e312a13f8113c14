import { UsageProblem } from '../command.ts'

/**
 * What `--context` says: `platform=ios,appVersion=2.3.0`, once or several times. What has no name belongs to the value before
 * it, so that a language may be a list.
 */
export const readContext = (given: readonly string[]): Record<string, string | number> => {
  const context: Record<string, string | number> = {}
  let last: string | undefined
  for (const part of given.flatMap((text) => text.split(','))) {
    const [, name, value] = /^\s*([A-Za-z][A-Za-z0-9_]*)=(.*)$/s.exec(part) ?? []
    if (name !== undefined && value !== undefined) {
      context[name] = value
      last = name
    } else {
      if (last === undefined) {
        throw new UsageProblem(
          `--context is ${JSON.stringify(part)}, but it takes attributes, as platform=ios,appVersion=2.3.0.`,
        )
      }
      context[last] = `${context[last]},${part}`
    }
  }
  const { bucket } = context
  if (bucket !== undefined) {
    // Any other is refused by the server, but not for being a text.
    if (!/^\d{1,4}$/.test(String(bucket)))
      throw new UsageProblem('The bucket is a whole number from 0 to 9999.')
    context.bucket = Number(bucket)
  }
  return context
}
