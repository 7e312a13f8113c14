import type { JsonValue } from '../../../../contract/json.ts'
import type { Attributes } from '../../../../contract/targeting.ts'
import { isInRollout } from '../../platform/buckets/is-in-rollout.ts'
import type { FlagResult } from '../targeting/compile-targeting.ts'
import type { Context, ReadContext } from '../targeting/context.ts'
import { layOverrides } from '../targeting/lay-overrides.ts'
import { type Update, updateFor } from '../targeting/update-for.ts'
import { type Bytes, bytesOf } from './form.ts'
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

/** What a device gets that tells this bucket: without one it is outside of every rollout. */
const givenTo = ({ live, candidate }: PreparedRelease, bucket: number | undefined): Evaluable =>
  candidate && bucket !== undefined && isInRollout(candidate.rolloutId, bucket, candidate.percent)
    ? candidate
    : live

/** What a device tells, read by the declarations of the release that it gets: a rollout may bring others. */
export const readFor = (
  release: PreparedRelease,
  read: (attributes: Attributes) => ReadContext,
): ReadContext => {
  const { live } = release
  const told = read(live.attributes)
  const given = givenTo(release, told.context.bucket)
  return given === live ? told : read(given.attributes)
}

/** Decides what a device with this context gets. Never throws. */
export const resolve = (release: PreparedRelease, context: Context): Resolved => {
  const given = givenTo(release, context.bucket)
  const isCandidate = given !== release.live
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
    ? bytesOf(JSON.stringify(dataObject(release, resolved)))
    : dataOf(release, resolved.given)
