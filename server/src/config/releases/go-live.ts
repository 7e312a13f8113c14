import { Problem } from '../../../../contract/problems.ts'
import type { Scope } from '../change.ts'
import { checkMadeReleases } from '../schemas/check-made-releases.ts'
import {
  fanOut,
  listExtending,
  listOpenRollouts,
  listOpenRolloutsBelow,
  type Made,
  type Making,
  makeReleases,
  type OpenRollout,
  type Target,
  templatesAmong,
} from '../store/releases.ts'
import { noteReach } from '../store/rollouts.ts'

export interface GoneLive {
  /** The releases asked for, in the order of appId and channel. */
  made: Made[]
  /** Those that templates among them brought to what stands on them. */
  fannedOut: Made[]
}

/** A rollout brings one candidate to a channel: a second release meanwhile would take devices back and forth. */
const refuseOpen = ([first, ...others]: readonly OpenRollout[]): void => {
  if (!first) return
  const { rolloutId, appId, channel } = first
  const more = others.length > 0 ? ` and ${others.length} more channels` : ''
  throw new Problem('rollout_in_progress', {
    detail: `Rollout ${rolloutId} is under way on ${appId} (${channel})${more}. Promote or abort it first: POST /manage/v1/rollouts/${rolloutId}/promote or /abort.`,
  })
}

/**
 * The one place where something goes live, or becomes the candidate of a rollout: makes the releases, brings those of
 * templates down to every app that stands on them, checks the schemas of all, and announces them. The apps must be locked and
 * allowed to be released. Throws 409 (a rollout is open on one of the channels) and 422 (schema_violation).
 */
export const goLive = async (
  scope: Scope,
  targets: readonly Target[],
  how: Omit<Making, 'actor'> & { actor?: string },
): Promise<GoneLive> => {
  const making = { actor: scope.actor.name, ...how }
  const own = how.rollout?.rolloutId ?? null
  refuseOpen(await listOpenRollouts(scope.db, targets, own))
  const made = await makeAll(scope, targets, making)
  const fannedOut = await bringDown(scope, await templatesAmong(scope.db, made), making)
  await checkAndAnnounce(scope, [...made, ...fannedOut])
  if (how.rollout) await noteReach(scope.db, how.rollout.rolloutId)
  return { made, fannedOut }
}

/** Brings releases of templates, level by level, to what stands on earlier ones of theirs. Throws 409 as goLive does. */
export const bringDown = async (
  scope: Scope,
  templateReleases: readonly number[],
  making: Making,
): Promise<Made[]> => {
  const fannedOut: Made[] = []
  for (let level = templateReleases; level.length > 0; ) {
    const reached = await fanOutAll(scope, level, making)
    fannedOut.push(...reached)
    level = await templatesAmong(scope.db, reached)
  }
  return fannedOut
}

/** Throws 422 where one of these releases breaks a schema; else others are told of them after the commit. */
export const checkAndAnnounce = async (scope: Scope, made: readonly Made[]): Promise<void> => {
  await checkMadeReleases(scope, made)
  scope.announced(made.map(({ appId, channel, sequence }) => ({ appId, channel, sequence })))
}

/** As many apps as one statement brings a release to well within its time, on a busy machine too. */
const batch = 1_000

/** Makes releases and nothing else; what they are for is goLive's, or a dry run's. */
export const makeAll = async (
  { db }: Pick<Scope, 'db'>,
  targets: readonly Target[],
  making: Making,
): Promise<Made[]> => {
  const made: Made[] = []
  for (let at = 0; at < targets.length; at += batch) {
    made.push(...(await makeReleases(db, targets.slice(at, at + batch), making)))
  }
  return made
}

const fanOutAll = async ({ db }: Scope, level: readonly number[], making: Making): Promise<Made[]> => {
  const own = making.rollout?.rolloutId ?? null
  const reached: Made[] = []
  for (let after = ''; ; ) {
    const appIds = await listExtending(db, level, after, batch)
    refuseOpen(await listOpenRolloutsBelow(db, level, appIds, own))
    reached.push(...(await fanOut(db, level, appIds, making)))
    if (appIds.length < batch) return reached
    after = appIds.at(-1) ?? ''
  }
}
