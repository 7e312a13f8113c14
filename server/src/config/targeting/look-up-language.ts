/**
 * The one of the languages that are `offered` that fits best (RFC 4647, lookup): of the first language asked for the tag
 * itself, else what is left of it without its last parts (`zh-Hant-TW`, `zh-Hant`, `zh`), then of the next. Undefined where
 * none fits. Takes canonical tags; `offered` has them with what to answer for each.
 */
export const lookUpLanguage = (
  asked: readonly string[],
  offered: ReadonlyMap<string, string>,
): string | undefined => {
  for (const tag of asked) {
    for (let range = tag; range !== ''; range = shorter(range)) {
      const found = offered.get(range)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** Without the last part, and without single letters before it, which only say what that part was. */
const shorter = (range: string): string =>
  range.slice(0, Math.max(0, range.lastIndexOf('-'))).replace(/(?:-[a-z0-9])+$/i, '')
