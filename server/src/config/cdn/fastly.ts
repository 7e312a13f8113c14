import type { Cdn } from './cdn.ts'

interface Options {
  service: string
  token: string
  /** Of the API, in place of Fastly's own. */
  baseUrl?: string | undefined
}

/**
 * Fastly: batch purge by surrogate key, 256 keys a request, soft: what is purged is stale, and still there should Parasol be
 * away. Everything cannot be purged softly. https://www.fastly.com/documentation/reference/api/purging/
 */
export const fastly = ({ service, token, baseUrl = 'https://api.fastly.com' }: Options): Cdn => ({
  name: 'fastly',
  tagsMost: 256,
  request: ({ tags }) => {
    const headers = { Accept: 'application/json', 'Fastly-Key': token }
    if (tags === 'everything') {
      return { method: 'POST', url: `${baseUrl}/service/${service}/purge_all`, headers }
    }
    return {
      method: 'POST',
      url: `${baseUrl}/service/${service}/purge`,
      headers: { ...headers, 'Content-Type': 'application/json', 'Fastly-Soft-Purge': '1' },
      body: JSON.stringify({ surrogate_keys: tags }),
    }
  },
})
