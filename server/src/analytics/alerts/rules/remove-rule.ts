import { checkIfMatch } from '../../../platform/http/if-match.ts'
import type { Answer } from '../../../platform/idempotency/once.ts'
import type { Scope } from '../../change.ts'
import { deleteRule, lockRule, toRule } from '../store/rules.ts'
import { about } from './create-rule.ts'
import { endAlertsOf } from './end-alerts-of.ts'
import { mayWatch } from './may-watch.ts'
import { noSuchRule } from './read-rule.ts'

/** Removes a rule. Throws 403, 404, 412 or 428. */
export const removeRule = async (
  scope: Scope,
  name: string,
  { ifMatch, publicUrl }: { ifMatch: string | undefined; publicUrl: string | undefined },
): Promise<Answer> => {
  const { db, actor } = scope
  const row = await lockRule(db, name)
  if (!row) throw noSuchRule(name)
  await mayWatch(db, actor, row.definition.scope)
  checkIfMatch(ifMatch, row.revision, { required: scope.requiresIfMatch })
  await endAlertsOf(db, row, 'ruleRemoved', publicUrl)
  await deleteRule(db, name)
  const before = toRule(row)
  await scope.audit({ action: 'alert-rule.remove', ...about(before), before, after: null })
  return { status: 200, headers: {}, body: before }
}
