import { everyTag } from '../../../../contract/cache-tags.ts'
import type { Cdn } from './cdn.ts'

/**
 * One Varnish with deploy/varnish/parasol.vcl, which hands the keys to vmod_xkey. A line of a request is at most 8 KiB there
 * (`http_req_hdr_len`). Soft, so that what is purged is still there should Parasol be away.
 */
export const varnish = (url: string): Cdn => {
  const { origin, host } = new URL(url)
  return {
    name: `varnish ${host}`,
    tagsMost: 1_000,
    bytesMost: 7_500,
    request: ({ tags }) => ({
      method: 'PURGE',
      url: `${origin}/`,
      headers: { 'xkey-softpurge': tags === 'everything' ? everyTag : tags.join(' ') },
    }),
  }
}
