import { Problem } from '../../../../contract/problems.ts'

/**
 * Refuses a change based on a state that is no longer current (RFC 9110 §13.1.1, strong comparison), and where it is
 * `required`, one that does not say what it is based on (RFC 6585 §3). `current` is the revision of the resource now, null when
 * it has none: then there is nothing to be lost. Throws 412 or 428.
 */
export const checkIfMatch = (
  header: string | undefined,
  current: number | null,
  { required }: { required: boolean },
): void => {
  if (header === undefined) {
    if (required && current !== null) throw unguarded(current)
    return
  }
  const tags = header.split(',').map((tag) => tag.trim())
  if (current !== null && (tags.includes('*') || tags.includes(`"${current}"`))) return
  const now = current === null ? 'there is none yet' : `it is "${current}" now`
  throw new Problem('revision_mismatch', {
    detail: `If-Match names ${header}, but ${now}. Read it again, then repeat the change with that revision.`,
    headers: current === null ? {} : { etag: `"${current}"` },
  })
}

const unguarded = (current: number): Problem =>
  new Problem('precondition_required', {
    detail: `Changes here must say what they are based on (PARASOL_REQUIRE_IF_MATCH). Look at what is there now, then repeat this with If-Match: "${current}".`,
    headers: { etag: `"${current}"` },
  })
