import { z } from '@hono/zod-openapi'

/** What every device may tell about itself; an app declares further attributes of its own. */
export const standardAttributes = [
  'platform',
  'appVersion',
  'osVersion',
  'country',
  'language',
  'bucket',
] as const

/** Other parameters of a read, and what flagd calls its own: no attribute can have one of these names. */
const reservedNames: readonly string[] = [
  ...standardAttributes,
  ...['revision', 'keys', 'wait', 'targetingKey', 'channel'],
]

export const attributeName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'an attribute is 1 to 64 of A-Z a-z 0-9 _ and starts with a letter')
  // JsonLogic would find what every object inherits, such as constructor, in a context without it.
  .refine(
    (name) => !reservedNames.includes(name) && !(name in {}),
    'every app has this attribute, or the name is reserved',
  )

export const attributeType = z.enum(['string', 'number', 'boolean', 'version']).openapi({
  description:
    'How a value is read; a `version` is compared by sem_ver, and 1 and 1.2 count as 1.0.0 and 1.2.0.',
})

/** Attributes beside the standard ones that rules of an app, or of what extends it, may ask for. */
export const attributes = z
  .record(attributeName, z.strictObject({ type: attributeType, description: z.string().max(500).optional() }))
  .refine((map) => Object.keys(map).length <= 32, 'an app declares at most 32 attributes')
  .openapi({ example: { plan: { type: 'string', description: 'free or paid' } } })

/** A condition in the JsonLogic dialect of flagd (https://flagd.dev/reference/flag-definitions/#targeting-rules). */
const rule = z.record(z.string(), z.unknown()).openapi({
  example: {
    and: [{ '==': [{ var: 'platform' }, 'ios'] }, { sem_ver: [{ var: 'appVersion' }, '<', '2.4.0'] }],
  },
})

const overrideName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'a name is 1 to 64 of A-Z a-z 0-9 . _ - and starts with a letter or digit',
  )
  // What an OpenFeature client is told where no override touched a value.
  .refine((name) => name !== 'default', 'default is what it is called where no override counts')

const rollout = z
  .number()
  .min(0)
  .max(100)
  .refine((percent) => Math.abs(percent * 100 - Math.round(percent * 100)) < 1e-9, 'at most two decimals')
  .openapi({ example: 5, description: 'Of the devices that meet the condition, by bucket; percent' })

/** A condition and a patch. */
export const override = z
  .strictObject({
    name: overrideName.openapi({ example: 'ios-checkout-off' }),
    when: rule.optional().openapi({ description: 'Absent: every device' }),
    rollout: rollout.optional(),
    data: z.record(z.string(), z.unknown()).openapi({
      description: 'Laid over the data as a JSON Merge Patch (RFC 7396): null takes a key away.',
      example: { features: { checkout: false } },
    }),
  })
  .openapi('Override')

export const overrides = z
  .array(override)
  .max(500)
  .superRefine((list, context) => {
    const names = new Set<string>()
    for (const [at, { name }] of list.entries()) {
      if (names.has(name)) {
        context.addIssue({
          code: 'custom',
          path: [at, 'name'],
          message: `${name} is the name of another one`,
        })
      }
      names.add(name)
    }
  })
  .openapi({
    description:
      'In this order, those of the template first; one with the name of one above takes its place. Those whose condition holds are laid over the data.',
  })

const flagKey = z.string().min(1).max(128)
const variants = z
  .record(z.string().min(1).max(64), z.unknown())
  .refine((map) => Object.keys(map).length > 0, 'a flag has one variant at least')

/** A feature flag as flagd defines it (https://flagd.dev/reference/flag-definitions/). */
export const flag = z
  .strictObject({
    state: z.enum(['ENABLED', 'DISABLED']),
    variants: variants.openapi({ example: { on: true, off: false } }),
    defaultVariant: z.string().nullable().optional().openapi({ example: 'off' }),
    targeting: rule.optional(),
    metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  })
  .openapi('Flag')

/** By key. An app's flag takes the place of its template's as a whole; null takes it away. */
export const flags = z
  .record(flagKey, flag.nullable())
  .refine((map) => Object.keys(map).length <= 500, 'a config has at most 500 flags')
  .openapi({
    example: {
      'new-search': { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' },
    },
  })

export type AttributeType = z.infer<typeof attributeType>
export type Attributes = z.infer<typeof attributes>
export type Override = z.infer<typeof override>
export type Flag = z.infer<typeof flag>
/** JsonLogic: any JSON, of which an object of one member is an operation. */
export type Rule = z.infer<typeof rule>
