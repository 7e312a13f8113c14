import { z } from '@hono/zod-openapi'
import { appId, pageOf, revision, timestamp } from './fields.ts'

/** A policy (`burst`), or an exception to one for some keys or apps (`burst.partner`). */
export const limitName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,39}(?:\.[a-z][a-z0-9-]{0,39})?$/,
    'a limit is called as burst, or as burst.partner where it is an exception to burst; each part is 1 to 40 of a-z 0-9 - and starts with a letter',
  )
  .openapi({
    example: 'burst',
    description:
      'What clients read in RateLimit-Policy, up to the dot. `burst.partner` is an exception to `burst`.',
  })

/** The policy that a limit is, or is an exception to. */
export const policyOf = (name: string): string => name.split('.', 1)[0] ?? name
export const isException = (name: string): boolean => name.includes('.')

export const limitKeyId = z
  .string()
  .regex(/^[a-z0-9]{1,64}$/, 'a keyId is of a-z 0-9')
  .openapi({ example: 'k3v9x2m4p7q1' })

const per = z.enum(['key', 'app', 'ip', 'route']).openapi({
  example: 'ip',
  description:
    'What is counted apart: each key, each app that is asked for, each client address (of IPv6 each /64), or each route class with all its requests together. A request without a key is not counted per key, one for no app not per app.',
})
const routeClass = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'a route class is 1 to 40 of a-z 0-9 - and starts with a letter')
  .openapi({
    example: 'config',
    description:
      'Which requests count: config, live, openfeature, analytics, management, or the policy name of a route in the routes file; any: all of them.',
  })
const appIds = z
  .array(appId)
  .min(1)
  .max(1000)
  .nullable()
  .openapi({ example: null, description: 'Only requests for these apps; null: whatever is asked for' })
const keyIds = z
  .array(limitKeyId)
  .min(1)
  .max(1000)
  .nullable()
  .openapi({ example: null, description: 'Only requests with these keys; null: with any key, and without' })
const quota = z.number().int().min(1).max(1_000_000_000).openapi({
  example: 100,
  description: 'What all requests of a window may cost together',
})
const windowSeconds = z
  .number()
  .int()
  .min(1)
  .max(31 * 86_400)
  .openapi({ example: 60, description: 'A second to 31 days' })

const highestCost = 1_000_000
const costOfMethod = z.number().int().min(0).max(highestCost).optional()
export const costMethods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const costs = z
  .strictObject(
    Object.fromEntries(costMethods.map((method) => [method, costOfMethod])) as Record<
      (typeof costMethods)[number],
      typeof costOfMethod
    >,
  )
  .openapi({ example: { POST: 5 } })
const cost = z.union([z.number().int().min(1).max(highestCost), costs]).openapi({
  example: 1,
  description: 'What a request costs: the same for all, or by its method. A method not named costs 1.',
})
const mode = z.enum(['shared', 'exact', 'process']).openapi({
  example: 'shared',
  description:
    'shared: all gateways count together, within a few percent, without a round trip for each request. exact: each request asks the store. process: each gateway counts for itself, so n of them let n times the quota in.',
})
const isEnabled = z.boolean().openapi({
  example: true,
  description:
    'A policy that is not enabled limits nobody, whatever its exceptions; in place of an exception that is not, the policy counts.',
})
const note = z.string().max(2000).nullable().openapi({ example: null, description: 'For other operators' })

/** What an exception takes over from its policy. */
export const inherited = ['per', 'routeClass', 'cost', 'mode'] as const

const notHere = 'an exception takes this over from its policy; leave it out, or change the policy'

export const createLimitInput = z
  .strictObject({
    name: limitName,
    per: per.optional().openapi({ description: 'Required, but for an exception' }),
    routeClass: routeClass.optional().openapi({ description: 'Of a policy; absent: any' }),
    appIds: appIds.default(null),
    keyIds: keyIds.default(null),
    quota,
    windowSeconds,
    cost: cost.optional().openapi({ description: 'Of a policy; absent: 1' }),
    mode: mode.optional().openapi({ description: 'Of a policy; absent: shared' }),
    isEnabled: isEnabled.default(true),
    note: note.default(null),
  })
  .superRefine((input, context) => {
    if (isException(input.name)) {
      for (const field of inherited) {
        if (input[field] !== undefined) context.addIssue({ code: 'custom', message: notHere, path: [field] })
      }
    } else if (input.per === undefined) {
      context.addIssue({ code: 'custom', params: { code: 'missing_field' }, path: ['per'] })
    }
  })
  .openapi('CreateLimit', {
    example: { name: 'burst', per: 'ip', routeClass: 'config', quota: 100, windowSeconds: 1 },
  })

export const changeLimitInput = z
  .strictObject({
    per: per.optional(),
    routeClass: routeClass.optional(),
    appIds: appIds.optional(),
    keyIds: keyIds.optional(),
    quota: quota.optional(),
    windowSeconds: windowSeconds.optional(),
    cost: cost.optional(),
    mode: mode.optional(),
    isEnabled: isEnabled.optional(),
    note: note.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'name at least one field to change')
  .openapi('ChangeLimit', { example: { quota: 200 } })

/** A limit; what an exception takes over from its policy stands in it too. */
export const limit = z
  .object({
    name: limitName,
    policy: z.string().openapi({ example: 'burst', description: 'The name up to its dot' }),
    per,
    routeClass,
    appIds,
    keyIds,
    quota,
    windowSeconds,
    cost,
    mode,
    isEnabled,
    note,
    revision,
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .openapi('Limit')
export const limitPage = pageOf(limit).openapi('LimitPage')

export type CreateLimitInput = z.infer<typeof createLimitInput>
export type ChangeLimitInput = z.infer<typeof changeLimitInput>
export type Limit = z.infer<typeof limit>
export type Cost = z.infer<typeof cost>
