import { badAddress } from '../http/refuse-unreadable.ts'
import { type Fault, rewriteFault } from '../http/shape-fault.ts'

/** What a URL parser leaves as it is; not the apostrophe, which it encodes in a query. */
const plainTarget = /^\/[!$&(-;=?-[\]_a-z~]*$/
const dotSegment = /\/\.\.?(?:[/?]|$)/
const byte = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
/** Of names not those whose last label is a number, which are an address or none, nor those of another script. */
const plainHost = new RegExp(
  `^(?:(?!.*xn--)(?:[a-z0-9_-]+\\.)*[a-z][a-z0-9_-]*|(?:${byte}\\.){3}${byte})(?::(?:[1-5]\\d{3,4}|[6-9]\\d{3}))?$`,
)
/** What a parser ends a host at, or writes in more letters. */
const strangeToHost = /[/?#@\\\x80-\xff]/
const backslash: Fault = ['invalid_request', 'The path must not have a backslash.']

/**
 * The URL that a request is for, as a URL parser writes it, which is asked only where it might write it otherwise; a fault where
 * it would be of another path (see {@link rewriteFault}), or the host is none.
 */
export const requestUrl = (scheme: string, host: string, target: string): string | Fault => {
  const isPlainHost = plainHost.test(host)
  if (isPlainHost && plainTarget.test(target) && !dotSegment.test(target))
    return `${scheme}://${host}${target}`
  const query = target.indexOf('?')
  if ((query < 0 ? target : target.slice(0, query)).includes('\\')) return backslash
  const given = target.startsWith('/') ? `${scheme}://${host}${target}` : target
  const url = URL.parse(given)
  if (url === null || url.username !== '' || url.password !== '') return ['invalid_request', badAddress]
  if (!isPlainHost && !isHost(host, url)) return ['invalid_request', badAddress]
  return rewriteFault(target, url.href) ?? url.href
}

/** Not that of a Host header with a path, a user or a query in it. */
const isHost = (host: string, { hostname }: URL): boolean =>
  !strangeToHost.test(host) &&
  (hostname.length === host.length ||
    hostname === (host.includes(':') ? host.replace(/:\d+$/, '') : host).toLowerCase())
