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

export const health = z
  .object({
    status: z.enum(['ok', 'degraded', 'down']).openapi({
      description:
        'degraded: something is away but configs are served; down: configs cannot be served (503).',
    }),
    timestamp,
    services: z.object({ database: dependency, redis: dependency, external_apis: dependency }),
  })
  .openapi('Health')

export type Dependency = z.infer<typeof dependency>
export type Health = z.infer<typeof health>
