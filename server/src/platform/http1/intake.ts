import { Buffer } from 'node:buffer'
import type { Wire } from './wire.ts'

export const noBytes: Buffer = Buffer.alloc(0)

/** What has arrived on a connection and waits for its turn; while something does, no more is taken from it. */
export class Intake {
  readonly #wire: Wire
  #waiting: Buffer = noBytes
  #isPaused = false

  constructor(wire: Wire) {
    this.#wire = wire
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** What waits, with what has just arrived; nothing waits any more. */
  take(bytes: Buffer = noBytes): Buffer {
    const waiting = this.#waiting
    if (waiting.length === 0) return bytes
    this.#waiting = noBytes
    return bytes.length === 0 ? waiting : Buffer.concat([waiting, bytes])
  }

  /** The beginning of something whose end is waited for. */
  hold(bytes: Buffer): void {
    this.#waiting = bytes
  }

  /** For later. */
  keep(bytes: Buffer): void {
    this.#waiting = this.take(bytes)
    this.pause()
  }

  drop(): void {
    this.#waiting = noBytes
  }

  pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#wire.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#wire.resume()
  }
}
