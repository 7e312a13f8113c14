import { foreignRevision, noRevision } from './journal.ts'

/**
 * The revision that an entity tag of the config service begins with: `"42.1.x"`, weak or not. Of several, as in If-None-Match, the
 * first counts.
 */
export const revisionOf = (tag: string | null | undefined): number => {
  if (tag == null) return noRevision
  const start = tag.charCodeAt(0) === 87 ? 3 : 1
  let revision = 0
  let at = start
  for (; at < tag.length; at += 1) {
    const digit = tag.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) break
    revision = revision * 10 + digit
  }
  const isOurs = at > start && tag[start - 1] === '"' && tag[at] === '.' && revision > 0
  return isOurs && revision < foreignRevision ? revision : foreignRevision
}
