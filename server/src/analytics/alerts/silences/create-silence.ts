import type { SilenceInput, Weekly } from '../../../../../contract/alert-silence.ts'
import { Problem, problemOf } from '../../../../../contract/problems.ts'
import { requireScope, requireWholeFleet } from '../../../platform/auth/authenticate.ts'
import type { Answer } from '../../../platform/idempotency/once.ts'
import type { Scope } from '../../change.ts'
import { isTimeZone } from '../../questions/slice-time.ts'
import { noSuchRule } from '../rules/read-rule.ts'
import { findRule } from '../store/rules.ts'
import { insertSilence, listOpenSilences, lockSilences, toSilence } from '../store/silences.ts'

/** All that are open are looked through for each alert. */
const openMost = 1_000

/** Silences alerts. Throws 403, 404, 409 or 422. */
export const createSilence = async (scope: Scope, input: SilenceInput): Promise<Answer> => {
  const { db } = scope
  if (input.appId === null) requireWholeFleet(scope.actor, 'a silence about more than one app')
  else await mayTouch(scope, input.appId)
  if (input.rule !== null && !(await findRule(db, input.rule))) throw noSuchRule(input.rule)
  if (input.weekly !== null) refuseUnknownZone(input.weekly)
  const now = await lockSilences(db)
  const from = input.from === null ? now : new Date(input.from)
  const until = input.until === null ? null : new Date(input.until)
  if (until !== null && (until <= now || until <= from)) {
    const detail = `${input.until} is past; a silence ends at a time to come`
    throw problemOf([{ code: 'invalid_date', pointer: '/until', detail }])
  }
  if ((await listOpenSilences(db)).length >= openMost)
    throw new Problem('too_many_to_watch', {
      detail: `There are ${openMost} silences that are not over. End one.`,
    })
  const row = await insertSilence(db, { ...input, from, until, actor: scope.actor.name })
  const silence = toSilence(row, now)
  await scope.audit({
    ...{ action: 'alert-silence.create', appId: input.appId, target: String(silence.silenceId) },
    ...{ before: null, after: silence, reason: input.reason },
  })
  return { status: 201, headers: {}, body: silence }
}

/** Throws 422 for a time zone that nobody can tell the time of: each look at a silence would fail. */
const refuseUnknownZone = ({ timeZone }: Weekly): void => {
  if (isTimeZone(timeZone)) return
  const detail = `there is no time zone ${timeZone}; take an IANA name such as Europe/Berlin`
  throw problemOf([{ code: 'invalid_field', pointer: '/weekly/timeZone', detail }])
}

/** Throws 404 where there is no such app, and 403 where the token is not for it. */
const mayTouch = async ({ db, actor }: Scope, appId: string): Promise<void> => {
  const app = await db
    .selectFrom('apps')
    .select(['app_id', 'labels'])
    .where('app_id', '=', appId)
    .executeTakeFirst()
  if (!app) throw new Problem('app_not_found', { detail: `There is no app ${appId}.` })
  requireScope(actor, app)
}
