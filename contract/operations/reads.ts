import { z } from '@hono/zod-openapi'
import type { ProblemCode } from '../problems.ts'

/** Of every answer that a cache may keep. */
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

/** The same, with what is told of deprecated versions. */
export const fullHeaders = cachingHeaders.extend({
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

/** What a client may send to have less sent back. */
export const conditions = {
  'if-none-match': z.string().optional().openapi({ example: '"42.1-br"' }),
  'accept-encoding': z.string().optional().openapi({ example: 'br, gzip' }),
}

export const clientKey = z.string().optional().openapi({
  example: 'parasol_k3v9x2m4p7q1_…',
  description:
    'A key, also as `Authorization: Bearer`: a client key reads the channel that it is bound to (what is stable where that has no release), a key of another role the channel of the address, of the apps it may see. Needed where `access` of the app is `key`; without one others are read as the address says.',
})

/** For descriptions. */
export const keyed = `An app whose \`access\` is \`key\` answers 401 without a key. With one the answer is \`private\`: let requests with a key pass by a CDN, which else would answer them
with the config of the stable channel.`

/** What every read may refuse. */
export const always: ProblemCode[] = [
  'invalid_parameter',
  'app_not_found',
  'config_not_released',
  'method_not_allowed',
  'config_gone',
  'store_unavailable',
]

export const unchanged = {
  description: 'The client holds this config already',
  headers: fullHeaders.omit({ 'cache-tag': true }),
}
