import { z } from '@hono/zod-openapi'
import { alertConditionSchema, defaultBurnWindows } from './alert-condition.ts'
import { alertQuestion } from './alert-question.ts'
import { choosingLabels } from './app.ts'
import { appId, pageOf, revision, timestamp } from './fields.ts'

export const ruleName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'a rule is called by 1 to 64 of a-z 0-9 - and starts with a letter')
  .openapi({ example: 'read-errors' })
export const channelName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'a channel is called by 1 to 64 of a-z 0-9 - and starts with a letter')
  .openapi({ example: 'on-call' })

export const severities = ['info', 'warning', 'critical'] as const
export const severity = z.enum(severities).openapi({ example: 'critical' })

const scope = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('fleet') }),
    z.strictObject({ kind: z.literal('app'), appId }),
    z.strictObject({ kind: z.literal('template'), appId }),
    z.strictObject({
      kind: z.literal('eachApp'),
      template: appId.nullable().default(null),
      labels: choosingLabels.nullable().default(null),
    }),
  ])
  .openapi({
    description:
      'fleet: all apps together; app: one; template: all apps below one together; eachApp: each app by itself (those below a template, or with these labels), with an alert for each that breaks the rule, 100 at most and then one for all others.',
    example: { kind: 'fleet' },
  })

const seconds = z.number().int().min(0).max(86_400)
const channels = z
  .array(channelName)
  .max(20)
  .nullable()
  .openapi({ example: null, description: 'Who is told; null: each channel that is a default one' })
const note = z
  .string()
  .max(2000)
  .nullable()
  .openapi({ example: null, description: 'Stands in each message: what to look at, whom to call' })

const fields = {
  on: alertQuestion,
  scope,
  condition: alertConditionSchema,
  minimumCount: z.number().int().min(0).max(1_000_000_000).openapi({
    example: 100,
    description:
      'Requests that a window must have to be judged (of adoption, stuck and devices: devices). Below that nothing is known.',
  }),
  forSeconds: seconds.openapi({ example: 60, description: 'How long it must go on until the alert fires' }),
  resolveAfterSeconds: seconds.openapi({
    example: 300,
    description: 'How long it must be well again until the alert is resolved',
  }),
  channels,
  severity,
  isEnabled: z.boolean().openapi({ example: true }),
  note,
}

/** What a rule says, without its name. */
export const ruleDefinition = z.strictObject(fields)

/** What is not kept above apps, beside stuck and lag. */
const needsApp = (on: RuleDefinition['on']): boolean => {
  if (on.question === 'devices') return on.where !== undefined
  if (on.question === 'usage') return on.where?.facet === 'revision' || on.where?.facet === 'held'
  if (on.question !== 'events') return false
  const isOfRelease =
    on.where !== undefined && 'facet' in on.where && /^(revision|configVersion)$/.test(on.where.facet)
  return on.measure === 'devices' || on.measure === 'share' || isOfRelease
}

const completeRule = (
  { on, scope, condition }: Pick<RuleDefinition, 'on' | 'scope' | 'condition'>,
  refuse: (path: string[], message: string) => void,
): void => {
  if (on.question === 'health' && scope.kind !== 'fleet')
    refuse(['scope'], 'health is that of the services, whatever the app; the scope is the fleet')
  const isOfApps = scope.kind === 'app' || scope.kind === 'eachApp'
  if (!isOfApps && (on.question === 'stuck' || on.question === 'lag'))
    refuse(['scope'], `${on.question} is known of apps alone; the scope is an app, or each app`)
  if (!isOfApps && needsApp(on))
    refuse(
      ['scope'],
      'devices by value, and those of events, are known of apps alone; the scope is an app, or each app',
    )
  const isShare =
    (on.question === 'errors' && on.measure === 'rate') ||
    (on.question === 'latency' && on.measure === 'slower')
  if (condition.kind === 'burnRate' && !isShare)
    refuse(
      ['condition'],
      'a budget is burnt by what goes wrong: the rate of errors, or the share of slower answers',
    )
  const isCount = (on.question === 'usage' || on.question === 'events') && on.measure === 'count'
  if (condition.kind === 'absence' && !isCount)
    refuse(['condition'], 'absence is that of requests or events: ask for the count of usage or events')
  if (on.question === 'stuck' && 'overSeconds' in condition && condition.overSeconds % 3600 !== 0)
    refuse(['condition', 'overSeconds'], 'what is stuck is known by the hour; give whole hours')
  if (condition.kind !== 'threshold' && ['health', 'lag', 'stuck'].includes(on.question))
    refuse(['condition'], `${on.question} is held to a threshold`)
}

/** What is wrong with a rule as a whole, beside each of its fields: a path into it, and how to mend it. */
export const findRuleFaults = (
  rule: Pick<RuleDefinition, 'on' | 'scope' | 'condition'>,
): { path: string[]; message: string }[] => {
  const faults: { path: string[]; message: string }[] = []
  completeRule(rule, (path, message) => faults.push({ path, message }))
  return faults
}

export const createRuleInput = z
  .strictObject({
    name: ruleName,
    on: fields.on,
    scope: fields.scope.default({ kind: 'fleet' }),
    condition: fields.condition,
    minimumCount: fields.minimumCount.default(0),
    forSeconds: fields.forSeconds.default(60),
    resolveAfterSeconds: fields.resolveAfterSeconds.default(300),
    channels: channels.default(null),
    severity: severity.default('warning'),
    isEnabled: fields.isEnabled.default(true),
    note: note.default(null),
  })
  .superRefine((rule, context) => {
    for (const fault of findRuleFaults(rule)) context.addIssue({ code: 'custom', ...fault })
  })
  .openapi('CreateAlertRule', {
    example: {
      name: 'shop-errors',
      on: { question: 'errors', measure: 'rate' },
      scope: { kind: 'app', appId: 'shop' },
      condition: { kind: 'threshold', above: 0.01, overSeconds: 300 },
      minimumCount: 100,
    },
  })

export const changeRuleInput = z
  .strictObject({
    on: fields.on.optional(),
    scope: scope.optional(),
    condition: fields.condition.optional(),
    minimumCount: fields.minimumCount.optional(),
    forSeconds: fields.forSeconds.optional(),
    resolveAfterSeconds: fields.resolveAfterSeconds.optional(),
    channels: channels.optional(),
    severity: severity.optional(),
    isEnabled: fields.isEnabled.optional(),
    note: note.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'name at least one field to change')
  .openapi('ChangeAlertRule', { example: { isEnabled: false } })

export const rule = z
  .object({
    name: ruleName,
    ...fields,
    evaluatedAt: timestamp.nullable().openapi({ description: 'When it was last looked at' }),
    lastError: z
      .string()
      .nullable()
      .openapi({ example: null, description: 'Why it could not be evaluated then; null: it was' }),
    revision,
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .openapi('AlertRule', {
    example: {
      name: 'read-errors',
      on: { question: 'errors', measure: 'rate', status: '5xx' },
      scope: { kind: 'fleet' },
      condition: { kind: 'burnRate', objective: 0.999, windows: defaultBurnWindows },
      minimumCount: 100,
      forSeconds: 0,
      resolveAfterSeconds: 300,
      channels: null,
      severity: 'critical',
      isEnabled: true,
      note: null,
      evaluatedAt: '2026-11-23T10:00:00.000Z',
      lastError: null,
      revision: 42,
      createdAt: '2026-11-23T10:00:00.000Z',
      updatedAt: '2026-11-23T10:00:00.000Z',
    },
  })
export const rulePage = pageOf(rule).openapi('AlertRulePage')

export type RuleDefinition = z.infer<typeof ruleDefinition>
export type RuleScope = RuleDefinition['scope']
export type Severity = z.infer<typeof severity>
export type CreateRuleInput = z.infer<typeof createRuleInput>
export type ChangeRuleInput = z.infer<typeof changeRuleInput>
export type AlertRule = z.infer<typeof rule>
