import { createRoute, z } from '@hono/zod-openapi'
import { health } from '../health.ts'
import { json } from './responses.ts'

const shared = { tags: ['Operations'], method: 'get' as const }
const probe = z.object({ status: z.string() }).openapi('Probe')

export const readHealth = createRoute({
  ...shared,
  path: '/health',
  operationId: 'readHealth',
  summary: 'How Parasol and what it depends on are',
  description: 'Measured at most once a second, in bounded time.',
  responses: { 200: json(health, 'ok or degraded: configs are served'), 503: json(health, 'down') },
})

export const readLiveness = createRoute({
  ...shared,
  path: '/livez',
  operationId: 'readLiveness',
  summary: 'Is the process alive? Restart it when not',
  responses: { 200: json(probe, 'alive') },
})

export const readMetrics = createRoute({
  ...shared,
  path: '/metrics',
  operationId: 'readMetrics',
  summary: 'What the process counts of itself, for Prometheus',
  description:
    'The text format of Prometheus (0.0.4), made at most once a second. For operators: with an admin port it is on that one alone.',
  responses: {
    200: {
      description: 'all metrics',
      content: {
        'text/plain': {
          schema: z.string(),
          example:
            '# HELP parasol_live_subscribers Streams, and reads that wait for a change, that are open.\n# TYPE parasol_live_subscribers gauge\nparasol_live_subscribers 0\n',
        },
      },
    },
  },
})

export const readReadiness = createRoute({
  ...shared,
  path: '/readyz',
  operationId: 'readReadiness',
  summary: 'Should this process receive requests?',
  responses: { 200: json(probe, 'ready'), 503: json(probe, 'starting or stopping') },
})
