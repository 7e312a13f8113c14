import { streamOf } from '../http/own-stream.ts'
import type { Head } from './read-head.ts'
import type { Wire } from './wire.ts'
import { writeAnswer } from './write-answer.ts'

/** Lets go of an answer whose client is gone. */
export const leave = (response: Response): false => {
  const stream = streamOf(response)
  if (stream) stream.closed()
  else void response.body?.cancel().catch(() => {})
  return false
}

/** Bytes of ours that may wait for the client before we make no more. */
export const waitingMost = 65_536

/** The answer that is being sent piece by piece: waits until the client takes more, and ends where it is gone. */
export class AnswerUnderWay {
  readonly #wire: Wire
  #whenRoom: ((isOpen: boolean) => void) | undefined
  #cancel: (() => void) | undefined
  /** Whether something of it was sent. */
  hasBegun = false

  constructor(wire: Wire) {
    this.#wire = wire
  }

  /** As {@link writeAnswer}. */
  send(
    response: Response,
    head: Head,
    keepsAlive: boolean,
    endingOf: (keepsAlive: boolean) => string,
  ): Promise<boolean> {
    return writeAnswer(response, {
      wire: this.#wire,
      isHead: head.method === 'HEAD',
      isHttp10: head.isHttp10,
      keepsAlive,
      endingOf,
      onBegin: () => {
        this.hasBegun = true
      },
      room: () => this.#room(),
      onGone: (cancel) => {
        this.#cancel = cancel
      },
    })
  }

  #room(): Promise<boolean> | boolean {
    if (this.#wire.pending < waitingMost) return true
    return new Promise((resolve) => {
      this.#whenRoom = resolve
    })
  }

  /** The client has taken what waited, or is gone. */
  goOn(isOpen: boolean): void {
    const whenRoom = this.#whenRoom
    this.#whenRoom = undefined
    if (!isOpen) this.#cancel?.()
    whenRoom?.(isOpen)
  }
}
