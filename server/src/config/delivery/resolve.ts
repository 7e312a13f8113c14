import type { JsonValue } from '../../../../contract/json.ts'
import { isInRollout } from '../rollouts/is-in-rollout.ts'
import type { FlagResult } from '../targeting/compile-targeting.ts'
import type { Context } from '../targeting/context.ts'
import { layOverrides } from '../targeting/lay-overrides.ts'
import { type Update, updateFor } from '../targeting/update-for.ts'
import { type Bytes, compact } from './form.ts'
import { dataOf, type Evaluable, type PreparedRelease } from './prepare.ts'

/** What a device gets of a release, and why. */
export interface Resolved {
  given: Evaluable
  /** Whether that is what a rollout is bringing. */
  isCandidate: boolean
  /** The places of the overrides that match, ascending. */
  matched: readonly number[]
  update: Update
  flags: Readonly<Record<string, FlagResult>> | undefined
}

/** Decides what a device with this context gets: without a bucket it is outside of every rollout. Never throws. */
export const resolve = (release: PreparedRelease, context: Context): Resolved => {
  const { candidate } = release
  const isCandidate =
    candidate !== undefined &&
    context.bucket !== undefined &&
    isInRollout(candidate.rolloutId, context.bucket, candidate.percent)
  const given = isCandidate ? candidate : release.live
  const { targeting } = given
  return {
    given,
    isCandidate,
    matched: targeting?.match(context) ?? nothing,
    update: updateFor(given.said, context.appVersion),
    flags: targeting?.evaluateFlags(context),
  }
}

const nothing: readonly number[] = []

type Members = Record<string, JsonValue>

/** The data of what was resolved, as an object of its own. */
export const dataObject = (release: PreparedRelease, { given, matched }: Resolved): Members => {
  const base = JSON.parse(String(dataOf(release, given))) as Members
  return given.targeting && matched.length > 0
    ? (layOverrides(base, given.targeting.overrides, matched) as Members)
    : base
}

/** The same as text; where no override matches it is that of the release, as it is. */
export const dataText = (release: PreparedRelease, resolved: Resolved): Bytes =>
  resolved.matched.length > 0
    ? compact(JSON.stringify(dataObject(release, resolved)))
    : dataOf(release, resolved.given)
