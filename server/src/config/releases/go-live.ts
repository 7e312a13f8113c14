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
  const made = await makeReleases(scope.db, targets, making)
  const fannedOut: Made[] = []
  for (let level = await templatesAmong(scope.db, made); level.length > 0; ) {
    const reached = await fanOutAll(scope, level, making)
    fannedOut.push(...reached)
    level = await templatesAmong(scope.db, reached)
  }
  await checkMadeReleases(scope.db, [...made, ...fannedOut])
  scope.announced(
    [...made, ...fannedOut].map(({ appId, channel, sequence }) => ({ appId, channel, sequence })),
  )
  return { made, fannedOut }
}

/** As many apps as one statement brings a release to well within its time. */
const batch = 10_000

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
