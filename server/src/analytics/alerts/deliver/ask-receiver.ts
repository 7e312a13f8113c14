import { Buffer } from 'node:buffer'
import type { Networks } from '../../../platform/http/networks.ts'
import type { AnswerBody } from '../../../platform/http1-client/answer-body.ts'
import type { AnswerHead } from '../../../platform/http1-client/answer-head.ts'
import { Call } from '../../../platform/http1-client/call.ts'
import { ConnectionPool } from '../../../platform/http1-client/connection-pool.ts'
import { writeRequestHead } from '../../../platform/http1-client/write-request-head.ts'
import { PeerFailure } from '../../../platform/peers/peer-failure.ts'
import { findAddresses, type Resolve } from './find-address.ts'

export interface Receiver {
  url: string
  headers: Readonly<Record<string, string>>
  body: string
}

export interface ReceiverAnswer {
  status: number
  retryAfter: string | undefined
  /** Its first bytes. */
  text: string
}

export interface Outside {
  /** Networks that may be asked although they are not public. */
  allowed: Networks
  resolve?: Resolve
  /** For all of it; absent: ten seconds. */
  withinMs?: number
}

const answersWithinMs = 10_000
const connectsWithinMs = 4_000
/** What an answer says is for a person to read; the status decides. */
const textMost = 1_000
const textWithinMs = 2_000

/**
 * Posts to a receiver that somebody has named: to an address that is allowed, found once, and connected to as it was found. No
 * redirect is followed, and time and bytes are bounded. Throws AddressRefused, PeerFailure, or what the resolver says.
 */
export const askReceiver = async (
  { url, headers, body }: Receiver,
  { allowed, resolve, withinMs = answersWithinMs }: Outside,
  closing: AbortSignal,
): Promise<ReceiverAnswer> => {
  const parsed = new URL(url)
  const signal = AbortSignal.any([closing, AbortSignal.timeout(withinMs)])
  const addresses = await orAborted(findAddresses(parsed.hostname, allowed, resolve), signal)
  const bytes = Buffer.from(body)
  const head = writeRequestHead('POST', `${parsed.pathname}${parsed.search}`, {
    host: parsed.host,
    'user-agent': 'parasol-alerts',
    'content-type': 'application/json',
    'content-length': String(bytes.byteLength),
    ...headers,
  })
  return postToFirst(parsed, addresses, { head, bytes, signal })
}

interface Posted {
  head: string
  bytes: Buffer
  signal: AbortSignal
}

/** Posts to the first of these addresses that there is a connection to: others have got nothing of it. */
const postToFirst = async (
  url: URL,
  [address = '', ...others]: readonly string[],
  posted: Posted,
): Promise<ReceiverAnswer> => {
  try {
    return await postTo(url, address, posted)
  } catch (error) {
    const isNext = error instanceof PeerFailure && error.kind === 'unreachable' && others.length > 0
    if (!isNext) throw error
    return postToFirst(url, others, posted)
  }
}

const postTo = (url: URL, address: string, { head, bytes, signal }: Posted): Promise<ReceiverAnswer> => {
  const isSecure = url.protocol === 'https:'
  const pool = new ConnectionPool(
    {
      hostname: address,
      port: Number(url.port || (isSecure ? 443 : 80)),
      serverName: isSecure ? url.hostname.replace(/^\[|\]$/g, '') : undefined,
      session: undefined,
    },
    1,
  )
  const { promise, resolve, reject } = Promise.withResolvers<ReceiverAnswer>()
  const outgoing = {
    ...{ method: 'POST', head },
    body: { stream: new Blob([new Uint8Array(bytes)]).stream(), length: bytes.byteLength },
    ...{ connectMs: connectsWithinMs, headersMs: answersWithinMs, silenceMs: answersWithinMs },
  }
  const call = new Call(pool, outgoing, {
    sent() {},
    answered: (answer, incoming) => void readText(incoming).then((text) => resolve(toAnswer(answer, text))),
    failed: reject,
    over() {},
  })
  const breakOff = (): void => call.breakOff(signal.reason)
  signal.addEventListener('abort', breakOff, { once: true })
  call.start()
  if (signal.aborted) breakOff()
  return promise.finally(() => {
    signal.removeEventListener('abort', breakOff)
    pool.close()
  })
}

const toAnswer = ({ status, names, values }: AnswerHead, text: string): ReceiverAnswer => {
  const at = names.indexOf('retry-after')
  return { status, retryAfter: at < 0 ? undefined : values[at], text }
}

/** As much of a body as comes soon and is worth reading. */
const readText = (body: AnswerBody): Promise<string> =>
  new Promise((resolve) => {
    const pieces: Buffer[] = []
    let size = 0
    const done = (): void => {
      clearTimeout(timer)
      resolve(Buffer.concat(pieces).subarray(0, textMost).toString('utf8'))
    }
    const enough = (): void => {
      done()
      body.leave()
    }
    const timer = setTimeout(enough, textWithinMs)
    body.read({
      data(bytes) {
        size += bytes.length
        pieces.push(bytes)
        if (size >= textMost) enough()
      },
      end: done,
      cut: done,
    })
  })

const orAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
