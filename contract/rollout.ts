import { z } from '@hono/zod-openapi'
import { pageOf, timestamp } from './fields.ts'
import { type GuardsInput, guard, guardsInput, guardsOf } from './guard.ts'
import { type Growth, percentAt, stepSeconds, stepsOf } from './rollout-plan.ts'

/** Longer than any rollout that somebody still watches. */
const daySeconds = 86_400
const durationMost = 90 * daySeconds

export const rolloutPresets = {
  AllAtOnce: { growth: 'linear', growthFactorPercent: 100, durationSeconds: 0, bakeSeconds: 600 },
  Canary10Percent20Minutes: {
    growth: 'exponential',
    growthFactorPercent: 10,
    durationSeconds: 1200,
    bakeSeconds: 600,
  },
  Linear20PercentEvery6Minutes: {
    growth: 'linear',
    growthFactorPercent: 20,
    durationSeconds: 1800,
    bakeSeconds: 1800,
  },
} as const

const growth = {
  growth: z.enum(['linear', 'exponential']).openapi({
    description: 'linear: the factor more with each step; exponential: factor x 2^n',
  }),
  growthFactorPercent: z.number().min(0.01).max(100).multipleOf(0.01),
  durationSeconds: z.number().int().min(0).max(durationMost).openapi({
    description:
      'Divided evenly by the steps, the first being taken at its beginning; 0: all devices at once',
    example: 1200,
  }),
  bakeSeconds: z.number().int().min(0).max(durationMost).openapi({
    description: 'How long it may still be taken back after all devices have it',
    example: 600,
  }),
}

export const rolloutPlan = z
  .strictObject({ ...growth, guards: z.array(guard).optional() })
  .openapi('RolloutPlan')

const presetNames = ['AllAtOnce', 'Canary10Percent20Minutes', 'Linear20PercentEvery6Minutes'] as const

export const ownRolloutPlan = z
  .strictObject({ ...growth, guards: guardsInput.optional() })
  .superRefine((plan, context) => {
    const isTooFast = plan.durationSeconds > 0 && stepSeconds(plan) < 1
    if (isTooFast) {
      context.addIssue({
        code: 'custom',
        path: ['durationSeconds'],
        message: `that would be ${stepsOf(plan)} steps in ${plan.durationSeconds} seconds, and one a second is the most: give a longer duration or a larger growth factor`,
      })
    }
    checkGuards(plan, context)
  })
  .openapi('OwnRolloutPlan')

const presetInput = z
  .strictObject({ preset: z.enum(presetNames), guards: guardsInput.optional() })
  .superRefine(({ preset, guards }, context) => {
    checkGuards({ ...rolloutPresets[preset], guards }, context)
  })
  .openapi('RolloutPreset', { example: { preset: 'Canary10Percent20Minutes', guards: 'default' } })

/** What its own fields cannot say of a guard: that its name is its alone, and that there is somebody to compare with. */
const checkGuards = (
  { guards: input, ...plan }: Growth & { guards?: GuardsInput | undefined },
  context: z.RefinementCtx,
): void => {
  if (input === undefined) return
  const guards = guardsOf(input)
  for (const [at, { name }] of guards.entries()) {
    if (guards.findIndex((other) => other.name === name) === at) continue
    const message = `another guard is called ${name}: give this one a name of its own`
    context.addIssue({ code: 'custom', path: ['guards', at, 'name'], message })
  }
  const comparing = guards.findIndex(({ kind }) => kind === 'events')
  if (comparing < 0 || percentAt(plan, 0) < 100) return
  context.addIssue({
    code: 'custom',
    path: input === 'default' ? ['guards'] : ['guards', comparing],
    message:
      'all devices would have it at once, so there is nobody to compare with: give a plan that begins with fewer',
  })
}

export const rolloutPlanInput = z
  .union([z.enum(presetNames), ownRolloutPlan, presetInput], {
    error: `expected a plan, or ${presetNames.slice(0, -1).join(', ')} or ${presetNames.at(-1)}`,
  })
  .openapi({
    description: 'A preset, by its name or with guards, or a plan of one’s own',
    example: 'Canary10Percent20Minutes',
  })

export const rollout = z
  .object({
    rolloutId: z.number().int().openapi({ example: 51 }),
    state: z.enum(['running', 'paused', 'baking', 'completed', 'aborted', 'rolled_back']),
    plan: rolloutPlan,
    percent: z.number().openapi({ example: 20, description: 'Of the devices, by bucket' }),
    nextStepAt: timestamp
      .nullable()
      .openapi({ description: 'When it grows next, or has baked; past while something holds it' }),
    apps: z.number().int().openapi({ description: 'Apps it brings a release to; templates are not counted' }),
    /** The release it was started with; null for a fleet release, which has one for each app. */
    revision: z.number().int().nullable(),
    appId: z.string().nullable(),
    channel: z.string().nullable(),
    reason: z.string().nullable().openapi({ description: 'Why it stands where it stands' }),
    actor: z.string(),
    startedAt: timestamp,
    endedAt: timestamp.nullable(),
  })
  .openapi('Rollout')
export const rolloutPage = pageOf(rollout).openapi('RolloutPage')

export const rolloutActionInput = z
  .strictObject({ reason: z.string().max(2000).optional().openapi({ example: 'Looks good' }) })
  .openapi('RolloutAction')

export const promoteRolloutInput = z
  .strictObject({
    ...rolloutActionInput.shape,
    override: z.boolean().optional().openapi({
      description: 'An administrator’s word: promote in spite of a freeze. Needs a reason; audited.',
    }),
  })
  .refine((input) => !input.override || input.reason !== undefined, {
    message: 'an override needs a reason',
    path: ['reason'],
  })
  .openapi('PromoteRollout')

export const rolloutSignalInput = z
  .strictObject({
    source: z.string().min(1).max(100).openapi({ example: 'crash-monitor' }),
    decision: z.enum(['go', 'hold', 'rollback']).openapi({
      description: 'hold: no step until the source says go or the signal expires; rollback: take it back',
    }),
    reason: z.string().max(2000).optional().openapi({ example: 'Crashes doubled on 2.1.0' }),
    expiresInSeconds: z
      .number()
      .int()
      .min(1)
      .max(30 * daySeconds)
      .optional(),
  })
  .openapi('RolloutSignal')

/** What a person may do to a rollout. */
export type RolloutAction = 'pause' | 'resume' | 'promote' | 'abort'

export type RolloutPlan = z.infer<typeof rolloutPlan>
export type RolloutPlanInput = z.infer<typeof rolloutPlanInput>
export type Rollout = z.infer<typeof rollout>
export type RolloutActionInput = z.infer<typeof rolloutActionInput>
export type PromoteRolloutInput = z.infer<typeof promoteRolloutInput>
export type RolloutSignalInput = z.infer<typeof rolloutSignalInput>

/** The plan that is meant: a name stands for one, and guards have names. */
export const planOf = (input: RolloutPlanInput): RolloutPlan => {
  if (typeof input === 'string') return { ...rolloutPresets[input] }
  const { guards, ...plan } = 'preset' in input ? { ...rolloutPresets[input.preset], ...input } : input
  const { growth, growthFactorPercent, durationSeconds, bakeSeconds } = plan
  return {
    ...{ growth, growthFactorPercent, durationSeconds, bakeSeconds },
    ...(guards !== undefined && { guards: guardsOf(guards) }),
  }
}
