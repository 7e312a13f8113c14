import { problemOf } from '../../../../contract/problems.ts'
import type { FreezeInput } from '../../../../contract/review.ts'
import { requireWholeFleet } from '../../platform/auth/authenticate.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { lockAppOrThrow } from '../apps/find-app.ts'
import { lockChainAbove } from '../apps/lock-chain.ts'
import type { Scope } from '../change.ts'
import { awaitReleases, insertFreeze, toFreeze } from '../store/freezes.ts'
import { readClock } from '../store/snapshots.ts'

/**
 * Refuses releases of an app, or of the fleet, until a time. Releases on their way come first: once this is answered nothing
 * goes live any more. Throws 403, 404 or 422.
 */
export const freezeReleases = async (scope: Scope, input: FreezeInput): Promise<Answer> => {
  const until = new Date(input.until)
  if (until <= (await readClock(scope.db))) {
    const detail = `${input.until} is past; a freeze ends at a time to come`
    throw problemOf([{ code: 'invalid_date', pointer: '/until', detail }])
  }
  if (input.appId === null) await holdFleet(scope)
  else await holdApp(scope, input.appId)
  const { appId, reason } = input
  const freeze = toFreeze(await insertFreeze(scope.db, { appId, until, reason, actor: scope.actor.name }))
  await scope.audit({
    action: 'freeze.create',
    appId,
    target: String(freeze.freezeId),
    before: null,
    after: freeze,
    reason,
  })
  return { status: 201, headers: {}, body: freeze }
}

const holdFleet = async (scope: Scope): Promise<void> => {
  requireWholeFleet(scope.actor, 'a freeze of the fleet')
  await awaitReleases(scope.db)
}

/** A release of a template above would reach the app too. */
const holdApp = async (scope: Scope, appId: string): Promise<void> => {
  await lockAppOrThrow(scope, appId)
  await lockChainAbove(scope, appId)
}
