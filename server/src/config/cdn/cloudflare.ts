import type { Cdn } from './cdn.ts'

interface Options {
  zone: string
  token: string
  /** Of the API, in place of Cloudflare's own. */
  baseUrl?: string | undefined
}

/**
 * Cloudflare: purge of a zone by cache tag, 100 tags a request on every plan; a token with the permission Cache Purge.
 * https://developers.cloudflare.com/api/resources/cache/methods/purge/
 */
export const cloudflare = ({ zone, token, baseUrl = 'https://api.cloudflare.com' }: Options): Cdn => ({
  name: 'cloudflare',
  tagsMost: 100,
  request: ({ tags }) => ({
    method: 'POST',
    url: `${baseUrl}/client/v4/zones/${zone}/purge_cache`,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(tags === 'everything' ? { purge_everything: true } : { tags }),
  }),
  // Errors of its own may come with 200.
  judge: (status, body) => (status === 200 && /"success":\s*false/.test(body) ? 'later' : undefined),
})
