import { Buffer } from 'node:buffer'
import { TestWire } from '../http1/connection.fixture.ts'
import type { AnswerHead } from './answer-head.ts'
import { ClientConnection } from './client-connection.ts'

/** What came of one request. */
export interface Told {
  head: AnswerHead | undefined
  body: string
  /** What was heard of the end of its body, and of its own. */
  bodyEnd: string
  end: string
  isUntouched: boolean | undefined
}

/** A connection without a network. `send` is what the other side says, in Latin-1; `told`, what came of each request. */
export const connection = () => {
  const wire = new TestWire()
  const told: Told[] = []
  let isFree = false
  const own = new ClientConnection(wire, { free: () => (isFree = true), closed: () => {} })
  const ask = (method = 'GET', isSent = true, hasBegun = true): void => {
    const one: Told = { head: undefined, body: '', bodyEnd: '', end: '', isUntouched: undefined }
    told.push(one)
    isFree = false
    own.carry(
      {
        hasBegun,
        answered(head, body) {
          one.head = head
          body.read({
            data: (bytes) => (one.body += bytes.toString('latin1')),
            end: () => (one.bodyEnd += 'end'),
            cut: () => (one.bodyEnd += 'cut'),
          })
        },
        moved() {},
        drained() {},
        over(broken, isUntouched) {
          one.end += broken ? `broken: ${broken.message}` : 'over'
          one.isUntouched = isUntouched
        },
      },
      method,
    )
    if (isSent) own.sent()
  }
  const send = (text: string): void => own.taken(Buffer.from(text, 'latin1'))
  return { own, wire, told, ask, send, isFree: () => isFree }
}
