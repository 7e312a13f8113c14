import { createRoute, z } from '@hono/zod-openapi'
import { deliveredConfig } from '../config.ts'
import { appId } from '../fields.ts'
import { json, refusals } from './responses.ts'

const cachingHeaders = z.object({
  'cache-control': z
    .string()
    .openapi({ example: 'public, max-age=300, stale-while-revalidate=60, stale-if-error=86400' }),
  etag: z.string().openapi({ example: '"42.1-br"', description: 'Strong; distinct per content coding' }),
  'last-modified': z
    .string()
    .openapi({ example: 'Mon, 23 Nov 2026 10:00:00 GMT', description: 'Time of release' }),
  vary: z.string().openapi({ example: 'Accept-Encoding' }),
  'cache-status': z.string().openapi({ example: 'parasol; hit; detail=memory', description: 'RFC 9211' }),
  'cache-tag': z
    .string()
    .openapi({ example: 'app-shop', description: 'For a purge by tag; also as surrogate-key' }),
})

const description = `The config that is live on the stable channel, the same for every client of the app.

Send back the ETag in If-None-Match: an unchanged config answers 304 without a body. Bodies are compressed
(br, zstd, gzip) as Accept-Encoding asks. Keep the last answer you applied: it never expires by itself.`

const request = {
  params: z.object({ appId }),
  headers: z.object({
    'if-none-match': z.string().optional().openapi({ example: '"42.1-br"' }),
    'if-modified-since': z.string().optional().openapi({ example: 'Mon, 23 Nov 2026 10:00:00 GMT' }),
    'accept-encoding': z.string().optional().openapi({ example: 'br, gzip' }),
  }),
}

const route = { tags: ['Config'], path: '/v1/api/config/{appId}', request }

const refused = refusals(
  'invalid_parameter',
  'app_not_found',
  'config_not_released',
  'method_not_allowed',
  'config_gone',
  'store_unavailable',
)

export const readConfig = createRoute({
  ...route,
  method: 'get',
  operationId: 'readConfig',
  summary: "Read an app's config",
  description,
  responses: {
    200: { ...json(deliveredConfig, 'The config'), headers: cachingHeaders },
    304: { description: 'The client holds this config already', headers: cachingHeaders },
    ...refused,
  },
})

export const headConfig = createRoute({
  ...route,
  method: 'head',
  operationId: 'headConfig',
  summary: "Read the headers of an app's config",
  responses: { 200: { description: 'As GET, without the body', headers: cachingHeaders }, ...refused },
})
