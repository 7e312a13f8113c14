import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Cdn, PurgeRequest, Purging, Verdict } from './cdn.ts'

/** What came of a request to a CDN. */
export interface Outcome {
  verdict: Verdict
  /** Its kind alone, such as `HTTP 429`: it stands in /health, which is public. */
  kind: string
  /** For operators; of the answer only what its vendor says is wrong. */
  error: string
  /** How long the CDN wants to be left alone. */
  restMs: number
}

const answersWithinMs = 10_000
const bodyMost = 65_536
/** A CDN that wants to be left alone for a day is asked again sooner. */
const restMost = 3_600_000
/** Of requests that are wrong in themselves; all else may be different a little later. */
const neverAgain = new Set([400, 413, 414, 422])

interface Answer {
  status: number
  retryAfter: string | undefined
  body: string
}

const exchange = ({ method, url, headers, body = '' }: PurgeRequest, signal: AbortSignal): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? httpsRequest : httpRequest
    const length = body === '' ? {} : { 'Content-Length': Buffer.byteLength(body) }
    const sent = request(url, { method, headers: { ...headers, ...length }, signal }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        if (text.length < bodyMost) text += part
      })
      response.once('error', reject).once('end', () => {
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body: text })
      })
    })
    sent.once('error', reject)
    sent.end(body)
  })

/** `Retry-After` (RFC 9110 §10.2.3), in ms from now. */
const restOf = (text: string | undefined, now: Date): number => {
  if (text === undefined) return 0
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now.getTime()
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), restMost) : 0
}

/** Only the field that says what is wrong: the rest of an answer may repeat what was sent. */
const saidIn = (body: string): string => {
  const [, code, message] =
    /<Code>(\w{1,80})<\/Code>|"(?:message|msg)":\s*"([^"\\\p{C}]{1,200})"/u.exec(body) ?? []
  return code ?? message ?? ''
}

const judged = (cdn: Cdn, { status, body }: Answer): Verdict => {
  const own = cdn.judge?.(status, body)
  if (own) return own
  if (status >= 200 && status < 300) return 'done'
  return neverAgain.has(status) ? 'never' : 'later'
}

/** Asks a CDN to forget, in bounded time; resolves whatever comes of it. */
export const sendPurge = async (cdn: Cdn, purging: Purging, closing: AbortSignal): Promise<Outcome> => {
  const now = new Date()
  try {
    const signal = AbortSignal.any([closing, AbortSignal.timeout(answersWithinMs)])
    const answer = await exchange(cdn.request(purging, now), signal)
    const kind = `HTTP ${answer.status}`
    const said = saidIn(answer.body)
    return {
      verdict: judged(cdn, answer),
      kind,
      error: said ? `${kind}: ${said}` : kind,
      restMs: restOf(answer.retryAfter, now),
    }
  } catch (error) {
    const { code, name } = error as { code?: unknown; name?: string }
    const kind = typeof code === 'string' ? code : (name ?? 'Error')
    return { verdict: 'later', kind, error: kind, restMs: 0 }
  }
}
