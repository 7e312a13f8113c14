import { Problem } from '../../../../contract/problems.ts'

/**
 * Refuses a change based on a state that is no longer current (RFC 9110 §13.1.1, strong comparison).
 * `current` is the revision of the resource now, null when it has none. Throws 412.
 */
export const checkIfMatch = (header: string | undefined, current: number | null): void => {
  if (header === undefined) return
  const tags = header.split(',').map((tag) => tag.trim())
  if (current !== null && (tags.includes('*') || tags.includes(`"${current}"`))) return
  const now = current === null ? 'there is none yet' : `it is "${current}" now`
  throw new Problem('revision_mismatch', {
    detail: `If-Match names ${header}, but ${now}. Read it again, then repeat the change with that revision.`,
    headers: current === null ? {} : { etag: `"${current}"` },
  })
}
