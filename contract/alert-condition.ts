import { z } from '@hono/zod-openapi'

const overSeconds = z
  .number()
  .int()
  .min(60)
  .max(7 * 86_400)
  .multipleOf(60)
  .openapi({ example: 300, description: 'The window that is looked at: whole minutes, 7 days at most' })

const limit = z.number().finite()

const threshold = z
  .strictObject({
    kind: z.literal('threshold'),
    above: limit.optional(),
    below: limit.optional(),
    overSeconds: overSeconds.default(300),
    resolveAt: limit.optional().openapi({
      description: 'It is well again from here on, not from the limit itself; absent: from the limit',
    }),
  })
  .superRefine(({ above, below, resolveAt }, context) => {
    if ((above === undefined) === (below === undefined))
      context.addIssue({ code: 'custom', message: 'give one of above and below', path: ['above'] })
    const isWrong =
      resolveAt !== undefined &&
      ((above !== undefined && resolveAt > above) || (below !== undefined && resolveAt < below))
    if (isWrong)
      context.addIssue({ code: 'custom', message: 'this is past the limit itself', path: ['resolveAt'] })
  })

const change = z
  .strictObject({
    kind: z.literal('change'),
    direction: z.enum(['up', 'down', 'either']).default('either'),
    percent: z.number().positive().max(100_000).openapi({ example: 50 }),
    against: z.enum(['before', 'day', 'week']).openapi({
      description:
        'The window before, the same time a day before, or a week before (then `overSeconds` is of whole hours)',
    }),
    overSeconds: overSeconds.default(3600),
    minimumChange: z.number().min(0).optional().openapi({
      description: 'Less than this, in what is measured, is no change whatever it is in percent',
    }),
    resolvePercent: z.number().min(0).optional().openapi({
      description: 'It is well again below this; absent: below `percent`',
    }),
  })
  .superRefine(({ against, overSeconds: over, percent, resolvePercent = 0 }, context) => {
    if (against === 'week' && over % 3600 !== 0)
      context.addIssue({
        code: 'custom',
        message: 'minutes of a week before are not kept; give whole hours',
        path: ['overSeconds'],
      })
    if (resolvePercent > percent)
      context.addIssue({ code: 'custom', message: 'this is past the limit itself', path: ['resolvePercent'] })
  })

const absence = z.strictObject({
  kind: z.literal('absence'),
  overSeconds: overSeconds
    .max(86_400)
    .default(900)
    .openapi({ description: 'None for so long, and some in the day before that' }),
})

/** Of an error budget of 30 days, 2 percent in an hour, and 5 percent in six (Google, The Site Reliability Workbook, chapter 5). */
export const defaultBurnWindows = [
  { longSeconds: 3600, shortSeconds: 300, factor: 14.4 },
  { longSeconds: 21_600, shortSeconds: 1800, factor: 6 },
]

const burnRate = z
  .strictObject({
    kind: z.literal('burnRate'),
    objective: z.number().min(0.5).max(0.999999).openapi({ example: 0.999 }),
    windows: z
      .array(
        z
          .strictObject({
            longSeconds: overSeconds,
            shortSeconds: overSeconds,
            factor: z.number().min(1).max(10_000),
          })
          .refine((pair) => pair.shortSeconds < pair.longSeconds, {
            message: 'the short window must be shorter than the long one',
            path: ['shortSeconds'],
          }),
      )
      .min(1)
      .max(4)
      .default(defaultBurnWindows)
      .openapi({
        description:
          'Too fast is, in both windows of any of these, so many times what would use it up in time',
      }),
  })
  .superRefine(({ objective, windows }, context) => {
    windows.forEach(({ factor }, at) => {
      if (factor * (1 - objective) <= 1) return
      const message = `${factor} times a budget of ${(1 - objective).toPrecision(3)} is more than everything, so it is never reached`
      context.addIssue({ code: 'custom', message, path: ['windows', at, 'factor'] })
    })
  })

/** When what is measured is a reason for an alert. */
export const alertConditionSchema = z
  .discriminatedUnion('kind', [threshold, change, absence, burnRate])
  .openapi({
    description:
      'threshold: above or below a number; change: against a time before; absence: nothing came, where something used to; burnRate: the error budget of an objective goes too fast.',
    example: { kind: 'threshold', above: 0.01, overSeconds: 300 },
  })

export type AlertCondition = z.infer<typeof alertConditionSchema>
