import type { Kysely } from 'kysely'
import { Problem } from '../../../../contract/problems.ts'
import { forbidden, hasWholeFleet, requireRole, requireWholeFleet } from '../../platform/auth/authenticate.ts'
import { findOutOfScope } from '../../platform/database/in-scope.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { Scope } from '../change.ts'
import { holdOffFleetFreeze } from '../store/freezes.ts'
import { type HindranceRow, listHindranceRows } from '../store/hindrances.ts'

/** Why an app may not be released now. */
export interface Hindrance {
  appId: string
  code: 'frozen' | 'approval_required'
  detail: string
  /** The app or template that is frozen, or asks for approval; null: the whole fleet is frozen. */
  setBy: string | null
}

/** Whose freeze or wish it is, as the subject of a sentence. */
const subjectOf = ({ app_id: appId, set_by: setBy, relation }: HindranceRow): string =>
  ({
    fleet: 'the whole fleet',
    self: appId,
    above: `${setBy}, which ${appId} extends,`,
    below: `${setBy}, which extends ${appId},`,
  })[relation]

const inWords = (row: HindranceRow): string =>
  row.code === 'frozen'
    ? `Releases of ${row.app_id} are held back: ${subjectOf(row)} is frozen until ${row.until?.toISOString()} (${row.reason}).`
    : `Releases of ${row.app_id} need another person’s approval: ${subjectOf(row)} asks for it.`

/** What to do where something stands in the way, as a sentence. */
export type WaysOut = Record<Hindrance['code'], (appId: string) => string>

export const waysOut: WaysOut = {
  frozen: () => 'An administrator may send "override": true with a reason.',
  approval_required: (appId) => `Propose the release: POST /manage/v1/apps/${appId}/proposals.`,
}

interface Asked {
  isApproved: boolean
  /** Where other things help than with the release of an app. */
  ways?: WaysOut
}

/**
 * What stands in the way of releasing these apps: freezes of theirs, of a template above, of what extends them, or of the
 * fleet; and missing approvals likewise. Freezes first, the longest first; none can begin until the transaction ends.
 */
export const listHindrances = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
  { isApproved, ways = waysOut }: Asked,
): Promise<Hindrance[]> => {
  await holdOffFleetFreeze(db)
  const rows = await listHindranceRows(db, appIds)
  return rows
    .filter(({ code }) => !isApproved || code === 'frozen')
    .map((row) => {
      const { app_id: appId, code, set_by: setBy } = row
      return { appId, code, detail: `${inWords(row)} ${ways[code](appId)}`, setBy }
    })
}

/** Throws 403 unless the actor is an administrator of each app, or of the fleet, whose freeze or wish is set aside. */
export const requireOverride = async (
  { db, actor }: Pick<Scope, 'db' | 'actor'>,
  hindrances: readonly Hindrance[],
  what = 'an override',
): Promise<void> => {
  requireRole(actor, 'admin', what)
  if (hasWholeFleet(actor)) return
  const places = hindrances.flatMap(({ setBy }) => setBy ?? [])
  if (places.length < hindrances.length) requireWholeFleet(actor, 'the override of a freeze of the fleet')
  const outside = await findOutOfScope(db, places, actor.scope)
  if (outside === undefined) return
  throw forbidden(`The token of ${actor.name} is not for ${outside}, which is frozen or asks for approval.`)
}

/**
 * Throws 409 (frozen, approval_required) where something stands in the way. With `override` an administrator passes all
 * the same; the answer tells what was overridden, for the audit log.
 */
export const mayRelease = async (
  scope: Scope,
  appIds: readonly string[],
  options: Asked & { override: boolean },
): Promise<Hindrance[]> => {
  const hindrances = await listHindrances(scope.db, appIds, options)
  const first = hindrances[0]
  if (!first) return []
  if (!options.override) throw new Problem(first.code, { detail: first.detail })
  await requireOverride(scope, hindrances)
  return hindrances
}
