import { keyFromHeader } from '../../../../contract/gateway-feed.ts'
import { heldOpenMs } from '../../../../contract/live.ts'
import { moveRequest } from '../../platform/http/derive-request.ts'
import { readKey } from '../../platform/http/read-key.ts'
import { contextOf } from '../../platform/http/request-context.ts'

/**
 * A browser's EventSource can send no header, so a stream may have its key in the address. From here on it is in a header, as any
 * other: limits see it, and no address holds it. The service is told where it was, because only client keys may stand there.
 * `path`: that of the request, normalised; every request that is no such stream is returned as it is.
 */
export const liftKey = (request: Request, path: string): Request => {
  const { url } = request
  // Most are told apart by their last letters.
  if (!path.endsWith('/stream') || url.endsWith('/stream') || heldOpenMs(path) !== 0) return request
  const start = url.indexOf('?')
  const query = url.slice(start + 1)
  const key = new URLSearchParams(query).get('key')
  if (key === null) return request
  const others = query.split('&').filter((pair) => !new URLSearchParams(pair).has('key'))
  const bare = url.slice(0, start) + (others.length > 0 ? `?${others.join('&')}` : '')
  if (readKey(request) !== null) return moveRequest(request, bare)
  // What no header can hold is no key either, and is refused as such.
  const sent = /^[\x21-\x7e]*$/.test(key) ? key : encodeURIComponent(key.toWellFormed())
  contextOf(request).sentKey = sent
  return moveRequest(request, bare, { 'x-api-key': sent, [keyFromHeader]: 'address' })
}
