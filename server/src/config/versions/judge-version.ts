import { SemVer } from 'semver'
import type { ConfigChanges } from '../../../../contract/compare-configs.ts'
import type { ChangeOfValue } from '../../../../contract/config.ts'
import type { ProblemError } from '../../../../contract/problems.ts'
import { nextAbove } from './raise-version.ts'

const mostNamed = 3

/**
 * Why a version is too low for what changed since the release below it; undefined where it is not. Only major, minor and
 * patch count: a pre-release of the version needed will do.
 */
export const judgeVersion = (
  version: string,
  release: string,
  { bump, changes }: ConfigChanges,
): ProblemError | undefined => {
  if (bump === 'none') return undefined
  const lowest = nextAbove(release, bump)
  if (lowest !== null && new SemVer(version).compareMain(lowest) >= 0) return undefined
  const deserving = changes.filter((change) => change.bump === bump)
  const named = deserving.slice(0, mostNamed).map(nameChange).join(', ')
  const more = deserving.length > mostNamed ? ` and ${deserving.length - mostNamed} more` : ''
  const fix = lowest === null ? 'no version is high enough' : `the lowest version that will do is ${lowest}`
  return {
    code: 'version_too_low',
    detail: `${version} is too low: since ${release} ${named}${more}, which is a ${bump} change; ${fix}, or send "force": true`,
  }
}

const nameChange = ({ pointer, kind, bump }: ChangeOfValue): string => {
  if (kind === 'removed') return `${pointer} is gone`
  if (kind === 'added') return `${pointer} is new`
  return bump === 'major' ? `${pointer} has another type` : `${pointer} has another value`
}
