import type { CreateRuleInput } from '../../../../../contract/alert-rule.ts'
import { Problem } from '../../../../../contract/problems.ts'
import type { Answer } from '../../../platform/idempotency/once.ts'
import type { Scope } from '../../change.ts'
import { countRules, definitionOf, insertRule, lockRules, toRule } from '../store/rules.ts'
import { mayWatch } from './may-watch.ts'
import { refuseUnknownChannels } from './refuse-unknown-channels.ts'

/** Each is evaluated several times a minute. */
const rulesMost = 500

/** Makes a rule. Throws 403, 404 (the app, or a channel) or 409. */
export const createRule = async (scope: Scope, input: CreateRuleInput): Promise<Answer> => {
  const { db, actor } = scope
  const { name } = input
  await mayWatch(db, actor, input.scope)
  await refuseUnknownChannels(db, input.channels)
  await lockRules(db)
  if ((await countRules(db)) >= rulesMost) {
    throw new Problem('too_many_to_watch', {
      detail: `There are ${rulesMost} alert rules. Remove one, or watch several apps with one rule (the scope eachApp).`,
    })
  }
  const row = await insertRule(db, name, definitionOf(input))
  if (!row) {
    throw new Problem('alert_rule_exists', {
      detail: `There is an alert rule ${name}. Change it: PATCH /manage/v1/alerts/rules/${name}; or choose another name.`,
    })
  }
  const rule = toRule(row)
  await scope.audit({ action: 'alert-rule.create', ...about(rule), before: null, after: rule })
  const location = `/manage/v1/alerts/rules/${name}`
  return { status: 201, headers: { location, etag: `"${rule.revision}"` }, body: rule }
}

/** What a row of the audit log says it is about. */
export const about = ({ name, scope }: Pick<CreateRuleInput, 'name' | 'scope'>) => ({
  appId: scope.kind === 'app' || scope.kind === 'template' ? scope.appId : null,
  target: name,
})
