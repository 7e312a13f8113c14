import type { Kysely } from 'kysely'
import { type CreateRuleInput, createRuleInput } from '../../../../contract/alert-rule.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { type Downs, evaluateRule, type Turned } from './evaluate-rule.ts'
import type { Reading } from './judge-rule.ts'
import type { Measure } from './measure.ts'
import { type ChannelFields, insertChannel } from './store/channels.ts'
import { definitionOf, insertRule, lockRule, noteEvaluated } from './store/rules.ts'
import { tellChannels } from './tell-channels.ts'

/** A rule about the errors of the shop that fires above 1 %, as far as it is not told otherwise. */
export const ruleInput = (given: object = {}): CreateRuleInput =>
  createRuleInput.parse({
    name: 'shop-errors',
    on: { question: 'errors', measure: 'rate' },
    scope: { kind: 'app', appId: 'shop' },
    condition: { kind: 'threshold', above: 0.01, resolveAt: 0.005 },
    forSeconds: 60,
    resolveAfterSeconds: 120,
    severity: 'critical',
    ...given,
  })

export const addRule = async (db: Kysely<Tables>, given: object = {}): Promise<string> => {
  const input = ruleInput(given)
  await insertRule(db, input.name, definitionOf(input))
  return input.name
}

export const addChannel = (
  db: Kysely<Tables>,
  name: string,
  given: Partial<ChannelFields> & { kind?: 'webhook' | 'slack' | 'email' } = {},
) => {
  const { kind = 'webhook', ...fields } = given
  return insertChannel(db, name, kind, {
    receiver: { url: 'http://127.0.0.1:9/' },
    ...{ secrets: [], isDefault: true, leastSeverity: 'info', isEnabled: true, note: null },
    ...fields,
  })
}

export const addApp = async (db: Kysely<Tables>, appId: string, given: object = {}): Promise<void> => {
  await db
    .insertInto('apps')
    .values({ app_id: appId, name: appId, ...given })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Answers each question with these values, by subject. */
export const measured =
  (values: Readonly<Record<string, number | null>>, count = 1_000): Measure =>
  async () =>
    new Map(Object.entries(values).map(([subject, value]): [string, Reading] => [subject, { value, count }]))

/** One look at a rule at a time, in a transaction with what comes of it. */
export const lookAt = (
  db: Kysely<Tables>,
  name: string,
  { now, measure, downs = new Map() }: { now: number; measure: Measure; downs?: Downs },
): Promise<Turned[]> =>
  db.transaction().execute(async (transaction) => {
    const rule = await lockRule(transaction, name)
    if (!rule) throw new Error(`there is no rule ${name}`)
    const turned = await evaluateRule(transaction, rule, now, { measure, downs })
    const told = await tellChannels(transaction, rule, new Date(now), 'https://parasol.example.com/')
    await noteEvaluated(transaction, name, {
      ...{ afterMs: 0, error: null, toldAt: told ? new Date(now) : undefined },
    })
    return turned
  })

export const messagesOf = async (db: Kysely<Tables>, rule: string) =>
  (
    await db
      .selectFrom('alert_deliveries')
      .selectAll()
      .where('rule', '=', rule)
      .orderBy('delivery_id')
      .execute()
  ).map(({ channel, kind, alert_ids: alertIds, message }) => ({
    ...{ channel, kind, alerts: (alertIds as number[]).length },
    message: message as { changes: { appId: string; apps: number }[]; alerts: { subject: string }[] },
  }))
