import { Buffer } from 'node:buffer'
import { afterReading } from '../after-reading.ts'
import { PeerFailure } from '../peers/peer-failure.ts'
import type { AnswerBody } from './answer-body.ts'
import type { AnswerHead } from './answer-head.ts'
import { type BodyOutlet, BodySender, BodyStalled, type OutgoingBody } from './body-sender.ts'
import type { Carried, ClientConnection } from './client-connection.ts'
import type { Waiter } from './connection-pool.ts'

/** A request as it goes out. */
export interface Outgoing {
  method: string
  /** Request line and headers, with the empty line, in Latin-1. */
  head: string
  body: OutgoingBody | undefined
  /** How long it may take until there is a connection. */
  connectMs: number
  /** Silence while the body is sent, of who sends it or of who takes it; and from its end on until the answer begins, whatever else comes. */
  headersMs: number
  /** Silence within the answer. */
  silenceMs: number
}

/** What becomes of a request. */
export interface CallEvents {
  /** All of it was sent. */
  sent(): void
  answered(head: AnswerHead, body: AnswerBody): void
  /** There is no answer: a {@link PeerFailure}, what was wrong with the body ({@link BodyStalled}), or why it was broken off. */
  failed(reason: unknown): void
  /** Nothing of it goes on any more; true: the other side broke off its answer. */
  over(isBroken: boolean): void
}

/** Where connections come from. */
export interface Connections {
  take(waiter: Waiter): void
  forget(waiter: Waiter): void
}

/** What waits to be taken before no more of a body is read. */
const waitingMost = 65_536

/** One request and its answer, from waiting for a connection to the last byte. */
export class Call implements Waiter, Carried, BodyOutlet {
  readonly #pool: Connections
  readonly #outgoing: Outgoing
  readonly #events: CallEvents
  #phase: 'waiting' | 'sending' | 'sent' | 'answer' | 'over' = 'waiting'
  #connection: ClientConnection | undefined
  #isReused = false
  #sender: BodySender | undefined
  /** Not sent yet: it leaves with the first bytes of the body. */
  #head: string | undefined
  #whenRoom: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  /** Whether anything has moved since the time was over. */
  #hasMoved = false

  constructor(pool: Connections, outgoing: Outgoing, events: CallEvents) {
    this.#pool = pool
    this.#outgoing = outgoing
    this.#events = events
    this.#connection = undefined
    this.#sender = undefined
    this.#head = undefined
    this.#timer = undefined
  }

  start(): void {
    if (this.#phase !== 'waiting') return
    this.#pool.take(this)
    if (this.#phase !== 'waiting') return
    this.#timer = setTimeout(this.#late, this.#outgoing.connectMs)
  }

  /** Gives it up, whatever it has come to. */
  breakOff(reason: unknown): void {
    if (this.#phase === 'over') return
    const isAnswered = this.#phase === 'answer'
    const connection = this.#connection
    this.#finish(false, isAnswered ? undefined : { reason })
    if (connection) connection.abort(reason instanceof Error ? reason : new Error(String(reason)))
    else this.#pool.forget(this)
  }

  connected(connection: ClientConnection, isReused: boolean): void {
    clearTimeout(this.#timer)
    this.#connection = connection
    this.#isReused = isReused
    const { method, head, body } = this.#outgoing
    connection.carry(this, method)
    if (body) {
      this.#sendWith(body, head)
      return
    }
    connection.wire.writeText(head)
    this.sent()
  }

  #sendWith(body: OutgoingBody, head: string): void {
    this.#phase = 'sending'
    this.#timer = setTimeout(this.#late, this.#outgoing.headersMs)
    this.#head = head
    this.#sender = new BodySender(body, this)
    void this.#sender.send()
    // A body that is not there yet is not waited for.
    setImmediate(() => this.#sendHead())
  }

  write(bytes: Uint8Array): void {
    const head = this.#head
    this.#head = undefined
    const all = head === undefined ? bytes : Buffer.concat([Buffer.from(head, 'latin1'), bytes])
    this.#connection?.wire.write(all)
    this.moved()
  }

  room(): Promise<void> | undefined {
    if ((this.#connection?.wire.pending ?? 0) < waitingMost) return undefined
    return new Promise((resolve) => {
      this.#whenRoom = resolve
    })
  }

  sent(): void {
    if (this.#phase === 'over') return
    this.#sendHead()
    this.#connection?.sent()
    this.#events.sent()
    // An answer may come before.
    if (this.#phase === 'answer') return
    this.#phase = 'sent'
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#late, this.#outgoing.headersMs)
  }

  get hasBegun(): boolean {
    return this.#head === undefined
  }

  drained(): void {
    this.#whenRoom?.()
    this.#whenRoom = undefined
  }

  moved(): void {
    // The time until an answer begins is not had again by 103s, nor by its headers letter by letter.
    if (this.#phase !== 'sending' && this.#phase !== 'answer') return
    this.#hasMoved = true
    this.#timer?.refresh()
  }

  answered(head: AnswerHead, body: AnswerBody): void {
    this.#phase = 'answer'
    clearTimeout(this.#timer)
    this.#timer = body.isWhole ? undefined : setTimeout(this.#late, this.#outgoing.silenceMs)
    this.#events.answered(head, body)
  }

  failed(reason: unknown): void {
    if (this.#connection) this.breakOff(reason)
    else this.#finish(false, { reason })
  }

  over(broken: Error | undefined, isUntouched: boolean): void {
    if (this.#phase === 'over') return
    if (this.#phase === 'answer') {
      this.#finish(broken !== undefined, undefined)
      return
    }
    const isReused = this.#isReused && isUntouched
    this.#finish(false, { reason: new PeerFailure('broken', { cause: broken, isReused }) })
  }

  /** What came while this process was busy still counts. */
  #late = (): void => {
    const timer = this.#timer
    this.#hasMoved = false
    afterReading(() => {
      if (this.#timer === timer && !this.#hasMoved) this.#giveUp()
    })
  }

  #giveUp(): void {
    const { connectMs, headersMs, silenceMs } = this.#outgoing
    if (this.#phase === 'waiting') {
      const cause = new Error(`no connection within ${connectMs} ms`)
      this.breakOff(new PeerFailure('unreachable', { cause }))
      return
    }
    if (this.#phase === 'sending' && this.#connection?.wire.pending === 0) {
      this.breakOff(new BodyStalled(`no more of the body within ${headersMs} ms`))
      return
    }
    const isAnswered = this.#phase === 'answer'
    const cause = new Error(isAnswered ? `silent for ${silenceMs} ms` : `no answer within ${headersMs} ms`)
    const failure = new PeerFailure('silent', { cause })
    // Where nobody reads, it is not the other side that is silent.
    if (isAnswered && !this.#connection?.isPaused) this.#connection?.abort(failure)
    else this.breakOff(failure)
  }

  #sendHead(): void {
    const head = this.#head
    if (head === undefined) return
    this.#head = undefined
    this.#connection?.wire.writeText(head)
  }

  #finish(isBroken: boolean, failure: { reason: unknown } | undefined): void {
    this.#phase = 'over'
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#connection = undefined
    this.#head = undefined
    this.#sender?.stop(new Error('nobody takes the rest of it'))
    this.#whenRoom?.()
    if (failure) this.#events.failed(failure.reason)
    this.#events.over(isBroken)
  }
}
