import { createRoute, z } from '@hono/zod-openapi'
import { deliveredConfig, evaluatedConfig } from '../config.ts'
import { appId } from '../fields.ts'
import { longestWaitSeconds } from '../live.ts'
import type { ProblemCode } from '../problems.ts'
import { always, clientKey, conditions, fullHeaders, keyed, unchanged } from './reads.ts'
import { json, refusals } from './responses.ts'

const evaluatedHeaders = fullHeaders.extend({
  'no-vary-search': z.string().openapi({
    example: 'key-order, params, except=("keys" "revision" "wait" "bucket")',
    description: 'Which parameters matter for this app now, as `varies` says: for caches that understand it',
  }),
})

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

With \`wait\` too, the answer comes when the device would get another revision than that, or when the time is over: then as it is at that
moment, and 304 to its own ETag. No cache may keep it.

Send back the ETag in If-None-Match, and not a date: a rollout that is taken back leads to an earlier one.

${keyed}`

const betaDescription = `As \`/v2\`, from the beta channel; from the stable one for an app that has no beta release, and then
\`channel\` says so. A key is looked at only where \`access\` of the app is \`key\`, and must be one for beta.`

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
  wait: z.coerce.number().int().min(1).max(longestWaitSeconds).optional().openapi({
    example: 30,
    description:
      'Seconds to wait for another revision than `revision`, which must be that of the config you have; for a client that cannot listen to the stream',
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

const plain = { tags: ['Config'], path: '/v1/api/config/{appId}', request: plainRequest }
const evaluated = { tags: ['Config'], path: '/v2/api/config/{appId}', request: evaluatedRequest }
const beta = { tags: ['Config'], path: '/beta/api/config/{appId}', request: evaluatedRequest }

const plainRefusals: ProblemCode[] = [...always, 'unauthorized', 'forbidden']
const plainRefused = refusals(...plainRefusals)
const evaluatedRefused = refusals(...plainRefusals, 'revision_not_here', 'too_many_streams', 'stopping')

export const readConfig = createRoute({
  ...plain,
  method: 'get',
  operationId: 'readConfig',
  summary: "Read an app's config",
  description: plainDescription,
  responses: {
    200: { ...json(deliveredConfig, 'The config'), headers: fullHeaders },
    304: unchanged,
    ...plainRefused,
  },
})

export const headConfig = createRoute({
  ...plain,
  method: 'head',
  operationId: 'headConfig',
  summary: "Read the headers of an app's config",
  responses: { 200: { description: 'As GET, without the body', headers: fullHeaders }, ...plainRefused },
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
    ...evaluatedRefused,
  },
})

export const headBetaConfig = createRoute({
  ...beta,
  method: 'head',
  operationId: 'headBetaConfig',
  summary: 'Read the headers of the config of a device on the beta channel',
  responses: {
    200: { description: 'As GET, without the body', headers: evaluatedHeaders },
    ...evaluatedRefused,
  },
})
