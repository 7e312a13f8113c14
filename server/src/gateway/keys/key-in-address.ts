import { keyFromHeader } from '../../../../contract/gateway-feed.ts'
import { heldOpenMs } from '../../../../contract/live.ts'
import { moveRequest } from '../../platform/http/derive-request.ts'
import { readKey } from '../../platform/http/read-key.ts'
import { contextOf } from '../../platform/http/request-context.ts'

const eventsPath = /^\/v1\/api\/analytics\/[^/]+\/events$/

/** Most requests are told apart by their last letters. */
const mayHoldKey = ({ method, url }: Request, path: string): boolean => {
  if (path.endsWith('/stream')) return !url.endsWith('/stream') && heldOpenMs(path) === 0
  return path.endsWith('/events') && method === 'POST' && url.includes('?') && eventsPath.test(path)
}

/**
 * A browser's EventSource and its sendBeacon can send no header, so a stream, and who sends events, may have the key in the address.
 * From here on it is in a header, as any other: limits see it, and no address holds it. The service is told where it was, because
 * only client keys may stand there. `path`: that of the request, normalised; every other request is returned as it is.
 */
export const liftKey = (request: Request, path: string): Request => {
  if (!mayHoldKey(request, path)) return request
  const { url } = request
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
