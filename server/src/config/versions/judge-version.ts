import { SemVer } from 'semver'
import type { ConfigChanges } from '../../../../contract/compare-configs.ts'
import type { ChangeOfValue } from '../../../../contract/config.ts'
import type { ProblemError } from '../../../../contract/problems.ts'
import type { Override } from '../../../../contract/targeting.ts'
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

const nameChange = ({ pointer, kind, bump, before, after }: ChangeOfValue): string => {
  const name = pointer.startsWith('/overrides/') ? ((after ?? before) as Override).name : undefined
  const effect = name === undefined ? '' : effects[bump]
  const what = name === undefined ? pointer : `${pointer} (${name})`
  if (kind === 'removed') return `${what} is gone${effect}`
  if (kind === 'added') return `${what} is new${effect}`
  if (name !== undefined || pointer === '/overrides') return `${what} has changed${effect}`
  return bump === 'major' ? `${what} has another type` : `${what} has another value`
}

/** An override deserves what it does to the data. */
const effects = {
  major: ' and takes away a key that there was, or changes its type',
  minor: ' and brings a key that there was not',
  patch: '',
}
