import semver from 'semver'
import { Problem } from '../../../../contract/problems.ts'

export type Part = 'major' | 'minor' | 'patch'

/** The lowest version that is a step of this kind above another, or null where the numbers end. Of a pre-release: what it leads to. */
export const nextAbove = (version: string, part: Part): string | null => {
  const next = semver.inc(version, part)
  // semver counts beyond its own bound, and what it cannot read itself could be neither listed nor raised again.
  return next !== null && semver.valid(next) !== null ? next : null
}

/** As nextAbove; throws 422 (invalid_version) where the numbers end. */
export const raiseVersion = (version: string, part: Part): string => {
  const next = nextAbove(version, part)
  if (next !== null) return next
  throw new Problem('invalid_version', {
    detail: `There is no ${part} version above ${version}: its numbers end at ${Number.MAX_SAFE_INTEGER}. Give a configVersion.`,
  })
}
