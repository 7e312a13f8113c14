import { createRoute, z } from '@hono/zod-openapi'
import { deliveredConfig, evaluatedConfig } from '../config.ts'
import { appId } from '../fields.ts'
import type { ProblemCode } from '../problems.ts'
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

const fullHeaders = cachingHeaders.extend({
  deprecation: z.string().optional().openapi({
    example: '@1798675200',
    description:
      'RFC 9745, where the config or this version of the API is, or will be, deprecated: from when on, in seconds since 1970',
  }),
  sunset: z.string().optional().openapi({
    example: 'Fri, 01 Jan 2027 00:00:00 GMT',
    description: 'RFC 8594, with Deprecation: when it ends',
  }),
})

const evaluatedHeaders = fullHeaders.extend({
  'no-vary-search': z.string().openapi({
    example: 'key-order, params, except=("keys" "revision" "bucket")',
    description: 'Which parameters matter for this app now, as `varies` says: for caches that understand it',
  }),
})

const conditions = {
  'if-none-match': z.string().optional().openapi({ example: '"42.1-br"' }),
  'accept-encoding': z.string().optional().openapi({ example: 'br, gzip' }),
}

const clientKey = z.string().optional().openapi({
  example: 'parasol_k3v9x2m4p7q1_…',
  description:
    'A client key, also as `Authorization: Bearer`: reads the channel that the key is bound to, and what is stable where that channel has no release. Without one the stable channel is read.',
})

const keyed = `With a client key the answer is \`private\`: let requests with a key pass by a CDN, which else would answer them
with the config of the stable channel.`

const plainDescription = `The config that is live on the stable channel, the same for every client of the app.

Send back the ETag in If-None-Match: an unchanged config answers 304 without a body. Bodies are compressed
(br, zstd, gzip) as Accept-Encoding asks. Keep the last answer you applied: it never expires by itself.

${keyed}`

const evaluatedDescription = `The config that is live on the stable channel, for a device that says what it is.

While a release is being rolled out, devices in it get the new release and all others the one before; \`bucket\` decides,
and \`varies\` names it. A device without a bucket is in no rollout.

The overrides whose conditions hold are laid over the data. Conditions ask for the parameters below and for those that the app
declares; \`varies\` lists the ones that matter now. Others change nothing, so caches need one entry for all of them. A value that
cannot be read is taken as absent and named in \`warnings\`: an app in the field cannot be mended. What the app's own code makes
(\`bucket\`, \`revision\`, \`keys\`) answers 400.

With \`revision\` the answer is never older than that: a node that is behind catches up first, or answers 503. An answer of just that
revision may be kept for a year.

Send back the ETag in If-None-Match, and not a date: a rollout that is taken back leads to an earlier one.

${keyed}`

const betaDescription = `As \`/v2\`, from the beta channel; from the stable one for an app that has no beta release, and then
\`channel\` says so.`

const bucket = z.coerce.number().int().min(0).max(9999).optional().openapi({
  example: 1234,
  description:
    'A stable hash of the install id, computed on the device, so that no id of a user leaves it. Decides which rollouts have reached the device.',
})
const told = (example: string, description: string) => z.string().optional().openapi({ example, description })

/** What a device may tell. All are optional; which of them matter is up to the app. */
const context = z.object({
  platform: told('ios', 'ios, android, web, ...'),
  appVersion: told('2.4.1', 'Compared as a semantic version; 1 and 1.2 count as 1.0.0 and 1.2.0'),
  osVersion: told('17.4', 'The same'),
  country: told(
    'DE',
    'ISO 3166-1 alpha-2. Without it, what the CDN tells, where the server is set to believe it',
  ),
  language: told(
    'de-AT',
    'A BCP 47 tag, or several by priority; matched by lookup (RFC 4647) with those of the app',
  ),
  bucket,
  revision: z.coerce.number().int().min(1).optional().openapi({
    example: 42,
    description: 'At least this revision; the answer of just this one may be kept for a year',
  }),
  keys: told('theme.primary,features', 'Only these keys of `data`, with dots for those inside'),
})

const plainRequest = {
  params: z.object({ appId }),
  headers: z.object({
    ...conditions,
    'if-modified-since': z.string().optional().openapi({ example: 'Mon, 23 Nov 2026 10:00:00 GMT' }),
    'x-api-key': clientKey,
  }),
}
const evaluatedRequest = {
  params: z.object({ appId }),
  query: context,
  headers: z.object({ ...conditions, 'x-api-key': clientKey }),
}
const betaRequest = { ...evaluatedRequest, headers: z.object(conditions) }

const plain = { tags: ['Config'], path: '/v1/api/config/{appId}', request: plainRequest }
const evaluated = { tags: ['Config'], path: '/v2/api/config/{appId}', request: evaluatedRequest }
const beta = { tags: ['Config'], path: '/beta/api/config/{appId}', request: betaRequest }

const always: ProblemCode[] = [
  'invalid_parameter',
  'app_not_found',
  'config_not_released',
  'method_not_allowed',
  'config_gone',
  'store_unavailable',
]
const refused = refusals(...always, 'revision_not_here')
const evaluatedRefused = refusals(...always, 'revision_not_here', 'unauthorized', 'forbidden')
const refusedToKeys = refusals(...always, 'unauthorized', 'forbidden')

const unchanged = {
  description: 'The client holds this config already',
  headers: fullHeaders.omit({ 'cache-tag': true }),
}

export const readConfig = createRoute({
  ...plain,
  method: 'get',
  operationId: 'readConfig',
  summary: "Read an app's config",
  description: plainDescription,
  responses: {
    200: { ...json(deliveredConfig, 'The config'), headers: fullHeaders },
    304: unchanged,
    ...refusedToKeys,
  },
})

export const headConfig = createRoute({
  ...plain,
  method: 'head',
  operationId: 'headConfig',
  summary: "Read the headers of an app's config",
  responses: { 200: { description: 'As GET, without the body', headers: fullHeaders }, ...refusedToKeys },
})

export const readEvaluatedConfig = createRoute({
  ...evaluated,
  method: 'get',
  operationId: 'readEvaluatedConfig',
  summary: 'Read the config of a device',
  description: evaluatedDescription,
  responses: {
    200: { ...json(evaluatedConfig, 'The config for this device'), headers: evaluatedHeaders },
    304: unchanged,
    ...evaluatedRefused,
  },
})

export const headEvaluatedConfig = createRoute({
  ...evaluated,
  method: 'head',
  operationId: 'headEvaluatedConfig',
  summary: 'Read the headers of the config of a device',
  responses: {
    200: { description: 'As GET, without the body', headers: evaluatedHeaders },
    ...evaluatedRefused,
  },
})

export const readBetaConfig = createRoute({
  ...beta,
  method: 'get',
  operationId: 'readBetaConfig',
  summary: 'Read the config of a device on the beta channel',
  description: betaDescription,
  responses: {
    200: { ...json(evaluatedConfig, 'The config for this device'), headers: evaluatedHeaders },
    304: unchanged,
    ...refused,
  },
})

export const headBetaConfig = createRoute({
  ...beta,
  method: 'head',
  operationId: 'headBetaConfig',
  summary: 'Read the headers of the config of a device on the beta channel',
  responses: { 200: { description: 'As GET, without the body', headers: evaluatedHeaders }, ...refused },
})
