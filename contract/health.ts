import { z } from '@hono/zod-openapi'
import { timestamp } from './fields.ts'

/** One thing Parasol depends on. `not_configured`: the settings name none, so none is missed. */
export const dependency = z.object({
  state: z.enum(['ok', 'degraded', 'down', 'not_configured']),
  latencyMs: z.number().nullable(),
  lastError: z
    .string()
    .nullable()
    .openapi({ description: 'The kind of the last failure; details are in the log.' }),
  lastErrorAt: timestamp.nullable(),
})

/** One of several processes that do the same. */
const upstream = z.object({
  name: z.string().openapi({ description: 'The service, or the route of the routes file.' }),
  upstream: z.int().openapi({ description: 'Its place in the list of URLs, from 1.' }),
  state: z.enum(['ok', 'down']),
  lastError: z.string().nullable(),
  lastErrorAt: timestamp.nullable(),
})

export const health = z
  .object({
    status: z.enum(['ok', 'degraded', 'down']).openapi({
      description:
        'degraded: something is away but configs are served; down: configs cannot be served (503).',
    }),
    timestamp,
    services: z.object({
      database: dependency,
      redis: dependency.extend({
        limits: z.enum(['together', 'apart']).optional().openapi({
          description:
            'How gateways count shared rate limits: over Redis, or each its part of them while Redis is away.',
        }),
      }),
      external_apis: dependency.extend({
        upstreams: z.array(upstream).optional().openapi({
          description: 'What the gateway reaches over HTTP, one entry for each URL.',
        }),
      }),
    }),
  })
  .openapi('Health')

export type Dependency = z.infer<typeof dependency>
export type Health = z.infer<typeof health>
export type UpstreamHealth = z.infer<typeof upstream>
