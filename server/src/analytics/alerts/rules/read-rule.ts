import type { AlertRule } from '../../../../../contract/alert-rule.ts'
import { Problem } from '../../../../../contract/problems.ts'
import type { Reader } from '../../change.ts'
import { findRule, seesRule, toRule } from '../store/rules.ts'

export const noSuchRule = (name: string): Problem =>
  new Problem('alert_rule_not_found', {
    detail: `There is no alert rule ${name}; GET /manage/v1/alerts/rules lists those there are.`,
  })

/** A rule. Throws 404, also for one about an app that the token is not for. */
export const readRule = async ({ db, actor }: Reader, name: string): Promise<AlertRule> => {
  const row = await findRule(db, name)
  if (!row || !(await seesRule(db, actor.scope, name))) throw noSuchRule(name)
  return toRule(row)
}
