import { z } from '@hono/zod-openapi'
import { timestamp } from './fields.ts'

const holdMost = 30 * 86_400

/** As it stands in reasons and as the source of its signals. */
export const guardName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_.:-]{0,63}$/,
    'a name is 1 to 64 of A-Z a-z 0-9 _ . : - and starts with a letter',
  )
  .openapi({ example: 'errors' })
const eventName = guardName.openapi({ example: 'purchase' })

const maxHoldSeconds = z.number().int().min(0).max(holdMost).default(7200).openapi({
  description:
    'How long a step that is due waits for enough to go by; then the rollout goes on all the same, and says so',
  example: 7200,
})

const eventGuard = z
  .strictObject({
    name: guardName.optional(),
    kind: z.literal('events'),
    harm: eventName.default('errors').openapi({
      description: 'The event that counts; `errors`: app_error and config_failed',
      example: 'errors',
    }),
    worse: z.enum(['more', 'fewer']).default('more').openapi({
      description: 'Whether it is bad to have more of it, as of errors, or fewer, as of purchases',
    }),
    per: eventName.default('session_start').openapi({
      description:
        'The event by which a device is known to be in use; `fetch`: its reads, for apps that send none',
      example: 'session_start',
    }),
    minimumExposures: z.number().int().min(1).max(1_000_000_000).default(1000).openapi({
      description: 'How many of `per` with the new revision there must be before the rollout may grow',
      example: 1000,
    }),
    margin: z.number().min(0).max(10).default(0.1).openapi({
      description: 'A difference that nobody minds: 0.1 for ten percent more, or fewer',
      example: 0.1,
    }),
    alpha: z.number().min(0.0001).max(0.5).default(0.05).openapi({
      description: 'How many good releases may wrongly be taken back: 0.05 for 5 in a hundred, at most',
      example: 0.05,
    }),
    maxHoldSeconds,
  })
  .openapi('EventGuard')

const alertGuard = z
  .strictObject({
    name: guardName.optional(),
    kind: z.literal('alert'),
    rule: guardName.openapi({ description: 'A rule of /manage/v1/alerts', example: 'read-errors' }),
  })
  .openapi('AlertGuard')

const prometheusGuard = z
  .strictObject({
    name: guardName.optional(),
    kind: z.literal('prometheus'),
    query: z.string().min(1).max(4000).openapi({
      description:
        'PromQL that gives one number, or one for each of several; `$appId` and `$revision` stand for those of the release',
      example: 'sum(rate(checkout_failures_total{revision="$revision"}[5m]))',
    }),
    worse: z.enum(['above', 'below']).default('above'),
    threshold: z.number().openapi({ example: 0.5 }),
    forSeconds: z.number().int().min(0).max(86_400).default(60).openapi({
      description: 'How long it must be worse without a break',
      example: 60,
    }),
    maxHoldSeconds,
  })
  .openapi('PrometheusGuard')

export const guardInput = z.discriminatedUnion('kind', [eventGuard, alertGuard, prometheusGuard])

const named = { name: guardName }
/** A guard as it is kept: it has a name. */
export const guard = z
  .discriminatedUnion('kind', [
    eventGuard.extend(named).openapi('NamedEventGuard'),
    alertGuard.extend(named).openapi('NamedAlertGuard'),
    prometheusGuard.extend(named).openapi('NamedPrometheusGuard'),
  ])
  .openapi('Guard')

export const guardsInput = z
  .union([z.literal('default'), z.array(guardInput).min(1).max(8)], {
    error: 'expected default, or a list of 1 to 8 guards',
  })
  .openapi({
    description:
      'What takes its steps from numbers, and takes it back; `default`: errors of the devices it has reached, compared with the others',
    example: 'default',
  })

const sides = (what: string) =>
  z
    .object({ inside: z.number().int(), outside: z.number().int() })
    .openapi({ description: `${what}, of devices that the rollout has reached and of the others` })

export const guardEstimate = z
  .object({
    ratio: z.number().nullable().openapi({
      description: 'How many times as frequent it is on the new revision as elsewhere',
      example: 2.83,
    }),
    atLeast: z.number().nullable().openapi({ example: 1.68 }),
    atMost: z.number().nullable().openapi({
      description: 'Between these two it is, but for `alpha`, whenever one looks; null: may be anything',
      example: 4.36,
    }),
    evidence: z.number().openapi({
      description: 'How many times as likely all this is with harm as without; about 1 / alpha takes it back',
      example: 31.5,
    }),
    exposures: sides('Signs of use'),
    adopted: z.number().int().openapi({ description: 'Of those inside, with the new revision' }),
    worth: z.number().int().openapi({
      description:
        'How many of them that is worth: less while few devices have it. The rollout may grow from `minimumExposures` on.',
    }),
    harms: sides('Events that count'),
  })
  .openapi('GuardEstimate')

export const rolloutGuards = z
  .object({
    rolloutId: z.number().int().openapi({ example: 51 }),
    guards: z.array(
      z.object({
        name: guardName,
        guard,
        decision: z.enum(['go', 'hold', 'rollback']),
        reason: z.string().openapi({ example: 'waits for 1000 session_start on the new revision' }),
        estimate: guardEstimate.nullable().openapi({ description: 'Of a guard over events' }),
        value: z
          .number()
          .nullable()
          .openapi({ description: 'Of a Prometheus query: the worst', example: null }),
        lookedAt: timestamp.nullable(),
      }),
    ),
  })
  .openapi('RolloutGuards')

export type GuardInput = z.infer<typeof guardInput>
export type GuardsInput = z.infer<typeof guardsInput>
export type Guard = z.infer<typeof guard>
export type EventGuard = Extract<Guard, { kind: 'events' }>
export type AlertGuard = Extract<Guard, { kind: 'alert' }>
export type PrometheusGuard = Extract<Guard, { kind: 'prometheus' }>
export type GuardEstimate = z.infer<typeof guardEstimate>
export type RolloutGuards = z.infer<typeof rolloutGuards>

const errorsGuard: GuardInput = {
  ...{ kind: 'events', harm: 'errors', worse: 'more', per: 'session_start' },
  ...{ minimumExposures: 1000, margin: 0.1, alpha: 0.05, maxHoldSeconds: 7200 },
}

const nameOf = (input: GuardInput): string => {
  if (input.name !== undefined) return input.name
  if (input.kind === 'prometheus') return 'prometheus'
  return input.kind === 'alert' ? input.rule : input.harm
}

/** The guards that are meant, each with a name: its own, or that of what it looks at. */
export const guardsOf = (input: GuardsInput): Guard[] =>
  (input === 'default' ? [errorsGuard] : input).map((one) => ({ ...one, name: nameOf(one) }))

/** As what a guard signals: what else says something of a rollout does not take its place. */
export const sourceOf = (name: string): string => `guard: ${name}`
