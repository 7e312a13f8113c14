import { Buffer } from 'node:buffer'
import type { Wire, WireEvents } from './wire.ts'

/** The part of Bun's sockets we use; typed here because Bun's global types would shadow Node's. */
export interface BunSocket {
  data: BunWire
  readonly remoteAddress: string
  readonly readyState: number
  /** Returns how many bytes were taken; below zero: it is closed. */
  write(data: Uint8Array, byteOffset?: number, byteLength?: number): number
  ref(): void
  unref(): void
  pause(): void
  resume(): void
  end(): void
  shutdown(): void
  terminate(): void
}

/** A connection of Bun.listen, which keeps nothing that the system does not take: that waits here. */
export class BunWire implements Wire {
  readonly #socket: BunSocket
  readonly isSecure: boolean
  readonly remoteAddress: string | undefined
  readonly givesBack = true
  events: WireEvents | undefined
  #waiting: Uint8Array[] = []
  #pending = 0
  #sent = 0
  #received = 0
  #isEnding = false

  constructor(socket: BunSocket, isSecure: boolean) {
    this.#socket = socket
    this.isSecure = isSecure
    this.remoteAddress = socket.remoteAddress
  }

  get pending(): number {
    return this.#pending
  }

  get moved(): number {
    return this.#pending > 0 ? this.#sent : this.#sent + this.#received
  }

  taken(bytes: Buffer): void {
    this.#received += bytes.byteLength
    this.events?.taken(bytes)
  }

  write(bytes: Uint8Array): void {
    this.writeFirst(bytes, bytes.byteLength)
  }

  /** Not a view of them: to make one takes Bun longer than to write it. */
  writeFirst(bytes: Uint8Array, length: number): void {
    if (this.#isEnding) return
    const sent = this.#pending === 0 ? Math.max(0, this.#socket.write(bytes, 0, length)) : 0
    this.#sent += sent
    if (sent === length) return
    // A copy: what the caller has it in may be used again.
    const rest = Buffer.from(bytes.subarray(sent, length))
    this.#waiting.push(rest)
    this.#pending += rest.byteLength
  }

  writeBoth(first: Uint8Array, second: Uint8Array): void {
    this.write(first)
    this.write(second)
  }

  writeText(text: string): void {
    this.write(Buffer.from(text, 'latin1'))
  }

  /** The system takes more. */
  flush(): void {
    while (this.#waiting.length > 0) {
      const first = this.#waiting[0] as Uint8Array
      const sent = Math.max(0, this.#socket.write(first))
      this.#pending -= sent
      this.#sent += sent
      if (sent < first.byteLength) {
        this.#waiting[0] = first.subarray(sent)
        return
      }
      this.#waiting.shift()
    }
    if (this.#isEnding) this.#socket.shutdown()
    this.events?.drained()
  }

  ref(): void {
    this.#socket.ref()
  }
  unref(): void {
    this.#socket.unref()
  }
  pause(): void {
    this.#socket.pause()
  }
  resume(): void {
    this.#socket.resume()
  }
  end(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    if (this.#pending === 0) this.#socket.shutdown()
  }
  destroy(): void {
    this.#waiting = []
    this.#pending = 0
    this.#isEnding = true
    this.#socket.end()
  }
}
