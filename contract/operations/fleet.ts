import { createRoute, z } from '@hono/zod-openapi'
import { idInPath, pageQuery } from '../fields.ts'
import {
  fleetReleaseInput,
  fleetReleaseMade,
  fleetReleasePage,
  fleetRollbackInput,
  importSummary,
} from '../fleet.ts'
import { idempotencyKey } from './headers.ts'
import { bodyRefusals, forRole, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Fleet'] }
const params = z.object({ fleetReleaseId: idInPath })
const releaseRefusals = refusals(
  'fleet_release_refused',
  'nothing_to_release',
  'rollout_in_progress',
  'schema_violation',
  'idempotency_key_reused',
  ...bodyRefusals,
  ...managementRefusals,
)

export const releaseFleet = createRoute({
  ...shared,
  ...forRole('publisher'),
  method: 'post',
  path: '/manage/v1/fleet/releases',
  operationId: 'releaseFleet',
  summary: 'Release over many apps at once: all or none',
  description:
    'One transaction. `dryRun` tells for each app what its clients would see change. At most 10,000 apps; more are reached through a template.',
  request: {
    headers: z.object({ 'idempotency-key': idempotencyKey }),
    body: { required: true, content: { 'application/json': { schema: fleetReleaseInput } } },
  },
  responses: {
    200: json(fleetReleaseMade, 'A dry run: what would happen'),
    201: json(fleetReleaseMade, 'Released; what became of each app'),
    ...releaseRefusals,
  },
})

export const listFleetReleases = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/fleet/releases',
  operationId: 'listFleetReleases',
  summary: 'Fleet releases, newest first',
  request: { query: pageQuery },
  responses: {
    200: json(fleetReleasePage, 'A page of fleet releases'),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const readFleetRelease = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/fleet/releases/{fleetReleaseId}',
  operationId: 'readFleetRelease',
  summary: 'A fleet release and what it released in each app',
  request: { params },
  responses: {
    200: json(fleetReleaseMade, 'The fleet release'),
    ...refusals('fleet_release_not_found', 'invalid_parameter', ...managementRefusals),
  },
})

export const rollBackFleetRelease = createRoute({
  ...shared,
  ...forRole('publisher'),
  method: 'post',
  path: '/manage/v1/fleet/releases/{fleetReleaseId}/rollback',
  operationId: 'rollBackFleetRelease',
  summary: 'Take a fleet release back, in every app at once',
  description: 'A fleet release like any other. Refused where an app has been released otherwise since.',
  request: {
    params,
    headers: z.object({ 'idempotency-key': idempotencyKey }),
    body: { required: true, content: { 'application/json': { schema: fleetRollbackInput } } },
  },
  responses: {
    200: json(fleetReleaseMade, 'A dry run: what would happen'),
    201: json(fleetReleaseMade, 'Taken back; what became of each app'),
    ...refusals('fleet_release_not_found', 'invalid_parameter'),
    ...releaseRefusals,
  },
})

const lines = z.string().openapi({
  description: 'NDJSON: one app, version or release a line; docs/fleet-files.md tells their form',
  example: '{"type":"app","appId":"shop","name":"Shop"}\n',
})

export const exportFleet = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/export',
  operationId: 'exportFleet',
  summary: 'All apps with their versions and what is live, as a stream of lines',
  description:
    'The same fleet always gives the same bytes; importing them elsewhere and exporting again, too. Each app is told as it was at one moment.',
  request: {
    query: z.object({
      versions: z
        .enum(['all', 'live'])
        .default('all')
        .openapi({ description: 'Every version, or only those that are live' }),
    }),
  },
  responses: {
    200: { description: 'The lines', content: { 'application/x-ndjson': { schema: lines } } },
    ...refusals('invalid_parameter', ...managementRefusals),
  },
})

export const importFleet = createRoute({
  ...shared,
  ...forRole('admin'),
  method: 'post',
  path: '/manage/v1/import',
  operationId: 'importFleet',
  summary: 'Bring apps, versions and releases to what these lines say',
  description:
    'Idempotent: what is so already stays untouched. Any number of lines; each batch of 500 is one transaction, and a refused line stops nothing but itself. A request must arrive within 30 seconds: send a large fleet in several. The answer is one document; a line feed is sent ahead of it for each batch that is done.',
  request: {
    query: z.object({
      dryRun: z.enum(['true', 'false']).default('false').openapi({ description: 'Plan, and change nothing' }),
    }),
    body: { required: true, content: { 'application/x-ndjson': { schema: lines } } },
  },
  responses: {
    200: json(importSummary, 'What was, or would be, created and changed'),
    ...refusals('unsupported_media_type', 'invalid_parameter', ...managementRefusals),
  },
})
