import { partsOf } from '../../platform/http/prepared-answer.ts'
import { type CacheQuestion, createEdgeCache, type EdgeCacheOptions } from './edge-cache.ts'

export const start = Date.UTC(2026, 0, 1, 12)

export type Fields = Record<string, string>
type Reply = (request: Request, count: number) => Response | Promise<Response>

/** What a client got. */
export interface Got {
  status: number
  headers: Headers
  text: string
}

/** Headers and body of a prepared answer are in its parts: the listener sends them without ever reading the Response. */
export const gotOf = async (response: Response): Promise<Got> => {
  const parts = partsOf(response)
  if (!parts) return { status: response.status, headers: response.headers, text: await response.text() }
  const { status, body, prepared, changing } = parts
  const headers = new Headers({ ...prepared.fields, ...changing })
  return { status, headers, text: body === null ? '' : Buffer.from(body).toString() }
}

/** A cache with a clock that stands still, before an upstream that is a function. */
export const setUp = (options: Partial<EdgeCacheOptions> = {}) => {
  let nowMs = start
  const asked: Request[] = []
  const errors: unknown[] = []
  let reply: Reply = () => answer({ 'cache-control': 'max-age=60' })
  const cache = createEdgeCache({
    ...{ maxBytes: 10_000_000, maxObjectBytes: 1_000_000, now: () => nowMs },
    onError: (error) => errors.push(error),
    ...options,
  })
  /** An answer of now, with a body that tells how often the upstream was asked. */
  const answer = (
    headers: Fields = {},
    status = 200,
    body: string | null = `body ${asked.length}`,
  ): Response =>
    new Response(status === 204 || status === 304 ? null : body, {
      status,
      headers: { date: at(0), 'content-type': 'text/plain', ...headers },
    })
  /** The HTTP date so many seconds from now. */
  const at = (seconds: number): string => new Date(nowMs + seconds * 1_000).toUTCString()
  const upstream = async (request: Request): Promise<Response> => {
    asked.push(request)
    return reply(request, asked.length)
  }
  const send = async (
    url: string,
    init: RequestInit = {},
    question: Partial<CacheQuestion> = {},
  ): Promise<Got> => {
    const request = new Request(new URL(url, 'http://shop.example'), init)
    const response = await cache.fetch(request, { upstream, ...question })
    const got = await gotOf(response)
    // Bodies whose client did not want them are gathered a turn later.
    await new Promise((resolve) => setImmediate(resolve))
    return got
  }
  return {
    ...{ cache, asked, errors, answer, at, upstream, send },
    get: (headers: Fields = {}, url = '/a', question: Partial<CacheQuestion> = {}) =>
      send(url, { headers }, question),
    head: (headers: Fields = {}, url = '/a') => send(url, { method: 'HEAD', headers }),
    replies(next: Reply) {
      reply = next
    },
    pass(seconds: number) {
      nowMs += seconds * 1_000
    },
  }
}

/** A first answer, and what becomes of the next request for it. */
export interface Case {
  /** Headers of the answers; `date` and the like may be seconds from the beginning. */
  answer?: Fields
  status?: number
  /** Headers of the first request. */
  first?: Fields
  /** Seconds between the two. */
  after?: number
  /** Headers of the second request. */
  second?: Fields
  partition?: string
}

/** `reused`: answered from the store alone; `validated`: the upstream was asked whether it is still good; `fetched`: for the whole. */
export type Outcome = 'reused' | 'validated' | 'fetched'

/** Plays a case; dates in headers may be written `{+10}`, as so many seconds from the beginning. */
export const outcomeOf = async (given: Case): Promise<Outcome> => {
  const { get, asked, answer, replies, pass } = setUp()
  const question = given.partition === undefined ? {} : { partition: given.partition }
  const headers = dated(given.answer ?? {})
  replies((request) =>
    request.headers.has('if-none-match') || request.headers.has('if-modified-since')
      ? answer(headers, 304)
      : answer(headers, given.status ?? 200),
  )
  await get(dated(given.first ?? {}), '/a', question)
  pass(given.after ?? 1)
  await get(dated(given.second ?? given.first ?? {}), '/a', question)
  const [, second] = asked
  if (!second) return 'reused'
  return second.headers.has('if-none-match') || second.headers.has('if-modified-since')
    ? 'validated'
    : 'fetched'
}

const dated = (headers: Fields): Fields =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value.replace(/\{([+-]\d+)\}/g, (_, seconds) =>
        new Date(start + Number(seconds) * 1_000).toUTCString(),
      ),
    ]),
  )

/** A row of a table of cases. */
export type Row = [section: string, requirement: string, given: Case, expected: Outcome]

export const longFresh: Fields = { 'cache-control': 'max-age=60' }
