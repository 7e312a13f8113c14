import { isDeepStrictEqual } from 'node:util'
import {
  type ChangeRuleInput,
  findRuleFaults,
  type RuleDefinition,
} from '../../../../../contract/alert-rule.ts'
import { problemOf } from '../../../../../contract/problems.ts'
import { checkIfMatch } from '../../../platform/http/if-match.ts'
import type { Answer } from '../../../platform/idempotency/once.ts'
import type { Scope } from '../../change.ts'
import { lockRule, toRule, updateRule } from '../store/rules.ts'
import { about } from './create-rule.ts'
import { endAlertsOf } from './end-alerts-of.ts'
import { mayWatch } from './may-watch.ts'
import { noSuchRule } from './read-rule.ts'
import { refuseUnknownChannels } from './refuse-unknown-channels.ts'

/** With these it watches something else, and what it found before is no longer what it is about. */
const decisive = ['on', 'scope', 'condition', 'minimumCount', 'isEnabled'] as const

/** Changes a rule. Throws 403, 404, 412, 422 or 428. */
export const changeRule = async (
  scope: Scope,
  name: string,
  input: ChangeRuleInput,
  { ifMatch, publicUrl }: { ifMatch: string | undefined; publicUrl: string | undefined },
): Promise<Answer> => {
  const { db, actor } = scope
  const row = await lockRule(db, name)
  if (!row) throw noSuchRule(name)
  await mayWatch(db, actor, row.definition.scope)
  checkIfMatch(ifMatch, row.revision, { required: scope.requiresIfMatch })
  const next = { ...row.definition, ...withoutUndefined(input) }
  const faults = findRuleFaults(next)
  if (faults.length > 0) {
    throw problemOf(
      faults.map(({ path, message }) => ({
        code: 'invalid_field',
        pointer: `/${path.join('/')}`,
        detail: message,
      })),
    )
  }
  await mayWatch(db, actor, next.scope)
  await refuseUnknownChannels(db, input.channels)
  // PostgreSQL keeps the fields of an object in an order of its own.
  const isAnother = decisive.some((field) => !isDeepStrictEqual(next[field], row.definition[field]))
  if (isAnother) await endAlertsOf(db, row, 'ruleChanged', publicUrl)
  const [before, after] = [toRule(row), toRule(await updateRule(db, name, next))]
  await scope.audit({ action: 'alert-rule.change', ...about(after), before, after })
  return { status: 200, headers: { etag: `"${after.revision}"` }, body: after }
}

const withoutUndefined = (input: ChangeRuleInput): Partial<RuleDefinition> =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
