import { Buffer } from 'node:buffer'
import { Intake } from '../http1/intake.ts'
import type { Wire, WireEvents } from '../http1/wire.ts'
import { AnswerBody } from './answer-body.ts'
import { type AnswerHead, BrokenAnswer, readAnswerHead } from './answer-head.ts'

/** Whose request a connection carries. */
export interface Carried {
  /** Whether some of it was written. */
  readonly hasBegun: boolean
  /** Its answer began. */
  answered(head: AnswerHead, body: AnswerBody): void
  /** Something was received, or sent. */
  moved(): void
  /** The system has taken all that was written. */
  drained(): void
  /** Nothing of it goes on any more; with what broke it off where it is not whole. `isUntouched`: not a byte was received. */
  over(broken: Error | undefined, isUntouched: boolean): void
}

/** Who is told what becomes of a connection. */
export interface Keeper {
  free(connection: ClientConnection): void
  closed(connection: ClientConnection): void
}

const headMost = 65_536
const emptyLine = Buffer.from('\r\n\r\n')

/**
 * A connection of ours to another server: sends one request after the other, and reads the answer of each (RFC 9112). What is no
 * answer, or comes unasked, ends it.
 */
export class ClientConnection implements WireEvents {
  readonly wire: Wire
  readonly #keeper: Keeper
  readonly #intake: Intake
  #phase: 'idle' | 'head' | 'body' | 'closed' = 'idle'
  #carried: Carried | undefined
  #isHead = false
  /** The whole request was sent. */
  #isSent = false
  #isUntouched = true
  #body: AnswerBody | undefined
  #keepsAlive = false
  /** By the clock of `performance`: until then the other side keeps it open. */
  idleUntil = Number.POSITIVE_INFINITY

  constructor(wire: Wire, keeper: Keeper) {
    this.wire = wire
    this.#keeper = keeper
    this.#intake = new Intake(wire)
    this.#carried = undefined
    this.#body = undefined
  }

  get isIdle(): boolean {
    return this.#phase === 'idle'
  }

  /** What has arrived is not read as fast: the other side can not go on. */
  get isPaused(): boolean {
    return this.#intake.isPaused
  }

  /** The request is up to `carried`, which writes it to the wire and says when it is sent. */
  carry(carried: Carried, method: string): void {
    this.#carried = carried
    this.#phase = 'head'
    this.#isHead = method === 'HEAD'
    this.#isSent = false
    this.#isUntouched = true
    this.wire.ref()
  }

  sent(): void {
    this.#isSent = true
  }

  taken(bytes: Buffer): void {
    if (this.#phase === 'closed') return
    if (this.#phase === 'idle') {
      // Nobody asked for it.
      this.leave()
      return
    }
    if (!this.#carried?.hasBegun) {
      this.#end(new Error('an answer before anything was asked'))
      return
    }
    this.#isUntouched = false
    this.#carried?.moved()
    try {
      if (this.#phase === 'head') this.#readHead(this.#intake.take(bytes))
      else this.#readBody(bytes)
    } catch (error) {
      this.#end(error as Error)
    }
  }

  drained(): void {
    this.#carried?.moved()
    this.#carried?.drained()
  }

  ended(): void {
    if (this.#phase === 'body' && this.#body?.ended()) this.#end(undefined)
    else this.#end(new Error('the other side closed the connection'))
  }

  closed(cause?: Error | null): void {
    this.#end(cause ?? new Error('the connection is gone'))
    this.#keeper.closed(this)
  }

  pause(): void {
    this.#intake.pause()
  }
  resume(): void {
    // Only from now on can the other side be silent.
    if (this.#intake.isPaused) this.#carried?.moved()
    this.#intake.resume()
  }

  /** Nobody wants what it carries any more. */
  leave(): void {
    this.#end(undefined)
  }

  /** Breaks off what it carries. */
  abort(reason: Error): void {
    this.#end(reason)
  }

  #readHead(given: Buffer): void {
    let bytes = given
    while (bytes.length > 0) {
      const end = bytes.indexOf(emptyLine)
      if (end > headMost || (end < 0 && bytes.length > headMost))
        throw new BrokenAnswer(`a head of more than ${headMost} bytes`)
      if (end < 0) {
        this.#intake.hold(bytes)
        return
      }
      const head = readAnswerHead(bytes.toString('latin1', 0, end), this.#isHead)
      bytes = bytes.subarray(end + emptyLine.length)
      if (head.status === 101) throw new BrokenAnswer('another protocol, which nobody asked for')
      // What else begins with 1 is only said on the way.
      if (head.status >= 200) {
        this.#begin(head, bytes)
        return
      }
    }
  }

  #begin(head: AnswerHead, behind: Buffer): void {
    const body = new AnswerBody(head.framing, this)
    this.#phase = 'body'
    this.#body = body
    this.#keepsAlive = head.keepsAlive
    this.idleUntil = idleUntil(head)
    const rest = body.isWhole ? behind : body.take(behind)
    this.#carried?.answered(head, body)
    if (body.isWhole) this.#finish(rest)
  }

  #readBody(bytes: Buffer): void {
    const body = this.#body as AnswerBody
    const rest = body.take(bytes)
    if (body.isWhole) this.#finish(rest)
  }

  /** The answer is whole. What is behind it nobody asked for, and could be taken for the next. */
  #finish(rest: Buffer): void {
    if (this.#phase !== 'body') return
    if (!this.#isSent || !this.#keepsAlive || rest.length > 0) {
      this.#end(undefined)
      return
    }
    const carried = this.#carried
    this.#carried = undefined
    this.#body = undefined
    this.#phase = 'idle'
    this.#intake.resume()
    this.wire.unref()
    carried?.over(undefined, false)
    // It may have been closed with the last request.
    if (this.isIdle) this.#keeper.free(this)
  }

  /** Closes the connection, and tells whose request it carries. */
  #end(broken: Error | undefined): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.wire.destroy()
    this.#intake.drop()
    if (broken) this.#body?.cut(broken)
    const carried = this.#carried
    this.#carried = undefined
    this.#body = undefined
    carried?.over(broken, this.#isUntouched)
  }
}

/** A moment before the other side closes it, which would cross a request on its way. */
const marginMs = 1_000
const idleUntil = ({ idleSeconds }: AnswerHead): number =>
  idleSeconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + idleSeconds * 1_000 - marginMs
