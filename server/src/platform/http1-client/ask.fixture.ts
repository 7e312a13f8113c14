import { text } from 'node:stream/consumers'
import type { AnswerHead } from './answer-head.ts'
import type { OutgoingBody } from './body-sender.ts'
import { Call, type Connections, type Outgoing } from './call.ts'
import { writeRequestHead } from './write-request-head.ts'

/** What came of a request; `read` is a body that did not come as a whole. */
export interface Came {
  head?: AnswerHead
  whole?: string
  read?: Promise<string>
  /** What came for `/slow`, for the test to read. */
  body?: ReadableStream<Uint8Array>
  failed?: unknown
}

interface Asked extends Partial<Outgoing> {
  path?: string
  body?: OutgoingBody
}

/**
 * Sends a request; `over` resolves when nothing of it goes on any more, with whether its answer broke off. `heard` is what was told
 * of the body and of the end, in its order.
 */
export const ask = (pool: Connections, { path = '/', method = 'GET', body, ...times }: Asked = {}) => {
  const over = Promise.withResolvers<boolean>()
  const came = Promise.withResolvers<Came>()
  const length = body?.length === undefined ? undefined : String(body.length)
  const fields: Record<string, string> = { host: 'a' }
  if (body) fields[length ? 'content-length' : 'transfer-encoding'] = length ?? 'chunked'
  const outgoing = {
    method,
    head: writeRequestHead(method, path, fields),
    body,
    connectMs: 5_000,
    headersMs: 5_000,
    silenceMs: 5_000,
    ...times,
  }
  const heard: string[] = []
  const call = new Call(pool, outgoing, {
    sent: () => void heard.push('sent'),
    answered(head, incoming) {
      if (incoming.isWhole) came.resolve({ head, whole: incoming.bytes().toString() })
      else if (path === '/unread') incoming.stream()
      else if (path === '/slow') came.resolve({ head, body: incoming.stream() })
      else came.resolve({ head, read: text(incoming.stream()) })
    },
    failed: (failed) => {
      heard.push('failed')
      came.resolve({ failed })
    },
    over: (isBroken) => {
      heard.push('over')
      over.resolve(isBroken)
    },
  })
  call.start()
  return { call, came: came.promise, over: over.promise, heard }
}
