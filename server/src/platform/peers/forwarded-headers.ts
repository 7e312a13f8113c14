import { listedNames } from '../http/listed-names.ts'
import { contextHeaders, contextOf, takeRequestId } from '../http/request-context.ts'
import type { AnswerHead } from '../http1-client/answer-head.ts'
import type { Client, ClientOf } from './client-of.ts'

/** Headers that speak of one connection only and must not be passed on (RFC 9110 §7.6.1). */
const hopByHop = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What is said anew for each upstream; `expect` was answered here, where the client is connected. */
const saidAnew = new Set(['host', 'expect', 'forwarded', 'x-real-ip', 'parasol-key-id'])
/** What the client may say, but in this spelling alone. */
const saidOnce = new Set(['content-length', 'content-type', 'via', 'traceparent', 'x-request-id'])

/** Whether a rule may speak of a header: not of those that are of one connection, nor of the length of a body. */
export const isPassedOn = (name: string): boolean => !hopByHop.has(name) && name !== 'content-length'

/** Headers to set, in place of what is there, and to leave out; names in small letters. */
export interface HeaderRules {
  set: Readonly<Record<string, string>>
  strip: readonly string[]
  /** A key that was checked here is nobody's business behind; `tell`: its id is told instead. */
  keys?: 'hide' | 'tell'
}

export const noRules: HeaderRules = { set: {}, strip: [] }

/** The name by which Via knows this gateway, and how often it may be there: chains are short, loops are not. */
const pseudonym = 'parasol'
const passesMost = 8

/** Whether a request came by here so often that it must be going round in a circle. */
export const isLooping = (request: Request): boolean =>
  (request.headers.get('via') ?? '').split(pseudonym).length > passesMost

export const isSafe = (method: string): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

/** Safe methods are sent without one. */
export const sendsBody = ({ method, body }: Request): boolean => !isSafe(method) && body !== null

/** An OPTIONS that may go no further (RFC 9110 §7.6.2). */
export const isForUs = (request: Request): boolean =>
  request.method === 'OPTIONS' && request.headers.get('max-forwards') === '0'

const isOfHere = (name: string): boolean =>
  hopByHop.has(name) || saidAnew.has(name) || name.startsWith('x-forwarded-')

/** CGI, WSGI and others take `X_Real_IP` for `X-Real-IP`: so nobody may say what the gateway says, or leaves out. */
const isLookalike = (name: string, { set, strip }: HeaderRules): boolean => {
  if (!name.includes('_')) return false
  const taken = name.replaceAll('_', '-')
  return isOfHere(taken) || saidOnce.has(taken) || Object.hasOwn(set, taken) || strip.includes(taken)
}

const tellKey = (request: Request, headers: Record<string, string>, { keys }: HeaderRules): void => {
  if (keys === undefined) return
  delete headers[request.headers.has('x-api-key') ? 'x-api-key' : 'authorization']
  const { keyId } = contextOf(request)
  if (keys === 'tell' && keyId !== undefined) headers['parasol-key-id'] = keyId
}
/** What Connection says nearly always; it names no other header. */
const isUsual = /^(?:keep-alive|close)$/i

/** `Forwarded` of RFC 7239 beside the older headers; nothing that came in is passed on, so what is there can be believed. */
const clientHeaders = ({ address, proto, host }: Client): Record<string, string> => {
  const node = address === undefined ? 'unknown' : address.includes(':') ? `"[${address}]"` : address
  const quoted = host.replace(/["\\]/g, '\\$&')
  return {
    forwarded: `for=${node};host="${quoted}";proto=${proto}`,
    ...(address !== undefined && { 'x-forwarded-for': address }),
    'x-forwarded-host': host,
    'x-forwarded-proto': proto,
  }
}

/** The headers of a request as an upstream gets them: hop-by-hop ones left out, Via, client and trace context added. */
export const requestHeaders = (
  request: Request,
  upstream: URL,
  rules: HeaderRules,
  clientOf: ClientOf,
): Record<string, string> => {
  const named = listedNames(request.headers.get('connection'))
  const headers: Record<string, string> = {}
  for (const [name, value] of request.headers) {
    if (isOfHere(name) || named.includes(name) || isLookalike(name, rules)) continue
    headers[name] = value
  }
  tellKey(request, headers, rules)
  // It belongs to a traceparent that was not one, or was not there.
  if (contextOf(request).parentId === undefined) delete headers.tracestate
  announceBody(request, headers)
  const forwards = request.method === 'OPTIONS' ? Number(headers['max-forwards']) : Number.NaN
  if (forwards > 0) headers['max-forwards'] = String(forwards - 1)
  const via = headers.via === undefined ? '' : `${headers.via}, `
  Object.assign(headers, clientHeaders(clientOf(request)), contextHeaders(contextOf(request)))
  headers.via = `${via}1.1 ${pseudonym}`
  headers.host = upstream.host
  for (const name of rules.strip) delete headers[name]
  return Object.assign(headers, rules.set)
}

/** What is not announced, or does not come, would be taken for the next request, or the next for it. */
const announceBody = (request: Request, headers: Record<string, string>): void => {
  if (isSafe(request.method)) delete headers['content-length']
  // Where a body could be expected, none is announced, too (RFC 9110 §8.6).
  else if (!request.body && request.method !== 'DELETE') headers['content-length'] = '0'
  else if (!request.body) delete headers['content-length']
  else if (headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked'
}

/**
 * The headers of an answer as the client gets them. A plain record where that says all, because the runtime sends it as it is; only
 * several cookies need a Headers object.
 */
export const answerHeaders = (
  request: Request,
  answer: AnswerHead,
  rules: HeaderRules,
): Record<string, string> | Headers => {
  const { status, names, values, isHttp10 } = answer
  const isBodiless = status === 204 || status === 205
  let named: readonly string[] = []
  const fields: Record<string, string> = {}
  const cookies: string[] = []
  for (let i = 0; i < names.length; i += 1) {
    const name = names[i] as string
    const value = values[i] as string
    if (name === 'connection' && !isUsual.test(value)) named = [...named, ...listedNames(value)]
    if (hopByHop.has(name)) continue
    // Whoever believed the length would wait for it, and take the next answer for the body.
    if (isBodiless && name === 'content-length') continue
    const before: unknown = fields[name]
    if (name === 'set-cookie') cookies.push(value)
    // A header may be called `constructor`.
    else fields[name] = typeof before === 'string' ? `${before}, ${value}` : value
  }
  for (const name of named) delete fields[name]
  const via = fields.via === undefined ? '' : `${fields.via}, `
  fields.via = `${via}${isHttp10 ? '1.0' : '1.1'} ${pseudonym}`
  for (const name of rules.strip) delete fields[name]
  Object.assign(fields, rules.set)
  fields['x-request-id'] = takeRequestId(request)
  if (cookies.length === 0 || named.includes('set-cookie') || rules.strip.includes('set-cookie'))
    return fields
  const headers = new Headers(fields)
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  return headers
}
