import { z } from '@hono/zod-openapi'
import { flag } from './targeting.ts'

const metadata = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).openapi({
  description: 'Where the answer comes from, and what a flag says of itself',
  example: { appId: 'shop', channel: 'stable', revision: 42, configVersion: '1.4.0' },
})

/** The body of an OFREP request (https://github.com/open-feature/protocol). */
export const evaluationRequest = z
  .object({
    context: z
      .record(z.string(), z.unknown())
      .optional()
      .openapi({
        example: { targetingKey: '2f1e8a60', platform: 'ios', appVersion: '2.4.1' },
        description:
          'The attributes of the device, by the names that a read of /v2 has for them; others change nothing. Without a `bucket` it is made of `targetingKey`: MurmurHash3 (x86, 32 bits, seed 0) of its UTF-8, modulo 10,000.',
      }),
  })
  .openapi('EvaluationRequest')

export const evaluatedFlag = z
  .object({
    key: z.string().openapi({ example: 'theme' }),
    reason: z.string().optional().openapi({
      example: 'TARGETING_MATCH',
      description:
        'STATIC: no override may touch it; SPLIT: a percentage decided; TARGETING_MATCH; DEFAULT or DISABLED: without a value the default of the code counts',
    }),
    variant: z.string().optional().openapi({
      example: 'dark-ios',
      description: 'Of a key of data the last override that touched it, or `default`',
    }),
    value: z
      .unknown()
      .optional()
      .openapi({ example: { dark: true } }),
    errorCode: z
      .string()
      .optional()
      .openapi({ description: 'In the place of a reason: why there is no value' }),
    errorDetails: z.string().optional(),
    metadata,
  })
  .openapi('EvaluatedFlag')

export const evaluatedFlags = z
  .object({
    flags: z.array(evaluatedFlag),
    metadata: metadata.openapi({
      description: 'Of the whole answer; `warnings` names attributes that were given and could not be read',
    }),
    eventStreams: z
      .array(z.object({ type: z.literal('sse'), endpoint: z.object({ requestUri: z.string() }) }))
      .openapi({
        example: [
          { type: 'sse', endpoint: { requestUri: '/v2/api/config/shop/stream?as=ofrep&revision=42' } },
        ],
        description:
          'Where changes are told. With a client key it is a part of the address: keep that secret.',
      }),
  })
  .openapi('EvaluatedFlags')

/** https://flagd.dev/reference/flag-definitions/ */
export const flagdDefinition = z
  .object({
    $schema: z.literal('https://flagd.dev/schema/v0/flags.json'),
    metadata,
    flags: z.record(z.string(), flag).openapi({
      example: {
        theme: {
          state: 'ENABLED',
          variants: { default: { dark: false }, 'dark-ios': { dark: true } },
          defaultVariant: 'default',
          targeting: { if: [{ '==': [{ var: 'platform' }, 'ios'] }, 'dark-ios', 'default'] },
        },
      },
    }),
    $evaluators: z
      .record(z.string(), z.record(z.string(), z.unknown()))
      .optional()
      .openapi({ description: 'Conditions of overrides, which flags refer to as `{"$ref": "<name>"}`' }),
  })
  .openapi('FlagdDefinition')
