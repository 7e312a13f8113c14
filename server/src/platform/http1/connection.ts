import type { Buffer } from 'node:buffer'
import { streamOf } from '../http/own-stream.ts'
import { partsOf } from '../http/prepared-answer.ts'
import { noteSource } from '../http/remote-address.ts'
import type { Fault } from '../http/shape-fault.ts'
import { AnswerUnderWay, leave, waitingMost } from './answer-under-way.ts'
import { openStream } from './carry-stream.ts'
import { findHead } from './find-head.ts'
import { HeadRequest } from './head-request.ts'
import { Intake, noBytes } from './intake.ts'
import { type Head, readHead, unreadable } from './read-head.ts'
import { goAhead, RequestBody } from './request-body.ts'
import { requestUrl } from './request-url.ts'
import type { ServerState } from './server-state.ts'
import { Silence } from './silence.ts'
import type { Wire, WireEvents } from './wire.ts'
import { writePrepared } from './write-prepared.ts'

/** What the client may wait for, in the order of its life; `closing`: our last word is said. */
type Phase = 'new' | 'head' | 'answer' | 'idle' | 'stream' | 'closing' | 'closed'

/**
 * One connection of HTTP/1.1 (RFC 9112): reads requests one after the other, asks for the answer of each before it reads the next,
 * and ends where it is told to, where what comes is no request, or where nothing comes.
 */
export class Connection implements WireEvents {
  readonly #wire: Wire
  readonly #server: ServerState
  #phase: Phase = 'new'
  /** When the phase began, or last got on. */
  #since: number
  readonly #silence: Silence
  readonly #intake: Intake
  #request: HeadRequest | undefined
  #body: RequestBody | undefined
  #isReading = false
  #sending: AnswerUnderWay | undefined
  /** The stream that the connection carries. */
  #streamGone: (() => void) | undefined

  constructor(wire: Wire, server: ServerState) {
    this.#wire = wire
    this.#intake = new Intake(wire)
    this.#server = server
    this.#since = server.now
    this.#silence = new Silence(server.now)
    server.connections.add(this)
  }

  taken(bytes: Buffer): void {
    if (this.#phase === 'answer') {
      const rest = this.#body && !this.#body.isComplete ? this.#feed(this.#body, bytes) : bytes
      if (rest && rest.length > 0) this.#intake.keep(rest)
    } else if (this.#phase === 'new' || this.#phase === 'idle' || this.#phase === 'head') {
      // A client that asks and asks, and does not read, is not read either.
      if (this.#isFull()) this.#intake.keep(bytes)
      else this.#read(this.#intake.take(bytes))
    }
  }

  drained(): void {
    this.#since = this.#server.now
    this.#sending?.goOn(true)
    if (this.#phase === 'idle') this.#goOn()
  }

  ended(): void {
    // Who says that it has asked for all still takes the last answer.
    if (this.#phase === 'closing' && this.#wire.pending > 0) return
    if (this.#phase === 'new' || this.#phase === 'head' || this.#phase === 'idle') this.close()
    else this.#wire.destroy()
  }

  closed(): void {
    this.#server.connections.delete(this)
    const wasAnswering = this.#phase === 'answer'
    this.#phase = 'closed'
    this.#intake.drop()
    if (wasAnswering) this.#request?.leave()
    this.#body?.fail(new Error('the client closed its connection'))
    this.#sending?.goOn(false)
    this.#streamGone?.()
  }

  /** Says no more: what was said still arrives, and what the client sends now is thrown away for a moment (RFC 9112 §9.6). */
  close(): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return
    this.#phase = 'closing'
    this.#since = this.#server.now
    this.#intake.drop()
    this.#intake.resume()
    this.#wire.end()
  }

  destroy(): void {
    this.#wire.destroy()
  }

  /** Between two requests, or before the first. */
  get isIdle(): boolean {
    return (this.#phase === 'idle' || this.#phase === 'new') && this.#wire.pending === 0
  }

  /** Looks whether the client takes longer than it may. */
  look(now: number): void {
    const { limits } = this.#server
    const waited = now - this.#since
    const phase = this.#phase
    const silentMs = this.#silence.lasts(this.#wire, this.#isAllowedSilence, now)
    if (silentMs >= limits.silenceMs) this.#wire.destroy()
    else if (phase === 'head' && waited >= limits.headersTimeoutMs) this.#refuse(late)
    else if (phase === 'answer' && this.#body?.isTooSlow(now, limits)) this.#refuse(slow)
    else if ((phase === 'new' || phase === 'idle') && waited >= limits.keepAliveTimeoutMs) this.close()
    // Who takes the last answer slowly still gets all of it.
    else if (phase === 'closing' && this.#wire.pending > 0) this.#since = now
    else if (phase === 'closing' && waited >= closingMs) this.#wire.destroy()
  }

  /** Who reads a stream only listens, and between requests there are other bounds. */
  get #isAllowedSilence(): boolean {
    return this.#phase === 'stream' || (this.#phase !== 'answer' && this.#wire.pending === 0)
  }

  #read(given: Buffer): void {
    let bytes = given
    this.#isReading = true
    do {
      const rest = this.#readOne(bytes)
      if (rest === undefined) break
      bytes = rest
    } while (bytes.length > 0 && this.#phase === 'idle' && !this.#isFull())
    this.#isReading = false
    if (this.#phase === 'idle' && bytes.length > 0 && this.#isFull()) this.#intake.keep(bytes)
  }

  #isFull(): boolean {
    return this.#wire.pending >= waitingMost
  }

  /** Returns what is behind a request that was answered; undefined where there is nothing to go on with now. */
  #readOne(given: Buffer): Buffer | undefined {
    let bytes = given
    // RFC 9112 §2.2: what old clients put behind a body.
    while (bytes[0] === 13 && bytes[1] === 10) bytes = bytes.subarray(2)
    if (bytes.length === 0 && this.#phase === 'head') this.#phase = 'idle'
    if (bytes.length === 0) return undefined
    const text = findHead(bytes, this.#server.limits)
    if (text === undefined) {
      if (this.#phase !== 'head') {
        this.#phase = 'head'
        this.#since = this.#server.now
      }
      this.#intake.hold(bytes)
      return undefined
    }
    if (typeof text !== 'string') return this.#refuse(text)
    const head = readHead(text, this.#server.limits)
    if (Array.isArray(head)) return this.#refuse(head)
    const url = requestUrl(this.#wire.isSecure ? 'https' : 'http', head.host, head.target)
    if (typeof url !== 'string') return this.#refuse(url)
    return this.#ask(head, url, bytes.length === text.length + 4 ? noBytes : bytes.subarray(text.length + 4))
  }

  #ask(head: Head, url: string, behind: Buffer): Buffer | undefined {
    this.#phase = 'answer'
    this.#since = this.#server.now
    let rest = behind
    this.#body = undefined
    if (head.length !== 0) {
      const invite = head.expectsContinue ? () => this.#invite(body) : undefined
      const body = new RequestBody(head.length, this.#intake, this.#since, invite)
      this.#body = body
      const taken = this.#feed(body, behind)
      if (taken === undefined) return undefined
      rest = taken
    }
    const request = new HeadRequest(head, url, this.#body)
    this.#request = request
    noteSource(request as unknown as Request, this.#wire)
    let answer: Response | Promise<Response>
    try {
      answer = this.#server.peer(request as unknown as Request)
    } catch (error) {
      answer = this.#server.answerFor(error)
    }
    if (!(answer instanceof Promise) && this.#answer(head, answer)) return rest
    if (rest.length > 0 && this.#phase === 'answer') this.#intake.keep(rest)
    if (!(answer instanceof Promise)) return undefined
    answer
      .catch((error) => this.#server.answerFor(error))
      .then((response) => {
        if (this.#answer(head, response)) this.#goOn()
      })
    return undefined
  }

  /** As {@link #send}: what is no Response is a fault of ours, and what cannot be sent ends its connection. */
  #answer(head: Head, response: Response): boolean {
    try {
      return this.#send(head, response)
    } catch (error) {
      if (!(response instanceof Response)) return this.#answer(head, this.#server.answerFor(error))
      this.#wire.destroy()
      return false
    }
  }

  /** True where the next request may be read at once. */
  #send(head: Head, response: Response): boolean {
    const stream = streamOf(response)
    if (this.#phase !== 'answer') return leave(response)
    const isWhole = !this.#body || this.#body.isComplete
    const keepsAlive = head.keepsAlive && isWhole && !this.#server.isDraining
    if (stream && head.method === 'GET') {
      this.#forget()
      this.#phase = 'stream'
      // Nothing that the client sends is read any more, but its end.
      this.#intake.drop()
      this.#intake.resume()
      // Before it is opened, which may also end it.
      this.#streamGone = () => stream.closed()
      openStream(this.#wire, response, stream, head.isHttp10)
      return false
    }
    const parts = partsOf(response)
    if (parts) {
      writePrepared(this.#wire, parts, head.method === 'HEAD', this.#server.endingOf(keepsAlive))
      return this.#finish(keepsAlive)
    }
    this.#sendAny(head, response, keepsAlive)
    return false
  }

  #sendAny(head: Head, response: Response, keepsAlive: boolean): void {
    this.#sending = new AnswerUnderWay(this.#wire)
    this.#sending.send(response, head, keepsAlive, this.#server.endingOf).then(
      (mayGoOn) => {
        if (this.#phase === 'answer' && this.#finish(mayGoOn)) this.#goOn()
      },
      // The client must see that something is missing.
      () => this.#wire.destroy(),
    )
  }

  /** The answer is sent. True where the next request may be read. */
  #finish(keepsAlive: boolean): boolean {
    this.#forget()
    if (!keepsAlive) {
      this.close()
      return false
    }
    this.#phase = 'idle'
    this.#since = this.#server.now
    return true
  }

  #forget(): void {
    this.#request = undefined
    this.#body = undefined
    this.#sending = undefined
  }

  /** Reads what waited for its turn. */
  #goOn(): void {
    if (this.#isReading || this.#isFull()) return
    this.#intake.resume()
    if (!this.#intake.isEmpty) this.#read(this.#intake.take())
  }

  /** Not within an answer, nor behind it: there it would be a part of it, or of another. */
  #invite(body: RequestBody): void {
    if (this.#body === body && this.#phase === 'answer' && !this.#sending?.hasBegun) this.#wire.write(goAhead)
  }

  /** Returns what is behind the body; undefined where it was none. */
  #feed(body: RequestBody, bytes: Buffer): Buffer | undefined {
    const rest = body.take(bytes)
    if (rest === undefined) this.#refuse(unreadable)
    return rest
  }

  /** Answers what is no request, and closes: what follows could be a part of it. */
  #refuse(fault: Fault): undefined {
    // Within an answer that is being sent another one would be a part of it.
    if (this.#sending) return void this.#wire.destroy()
    this.#request?.leave()
    this.#body?.fail(new Error(fault[1]))
    this.#forget()
    this.#wire.write(this.#server.refusalOf(fault))
    this.#phase = 'idle'
    this.close()
    return undefined
  }
}

const closingMs = 2_000
const late: Fault = ['request_timeout', 'The request did not arrive in time.']
const slow: Fault = ['request_timeout', 'The body arrives too slowly.']
