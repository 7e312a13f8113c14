import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Wire, WireEvents } from './wire.ts'

/** Whom a socket's events are for, on the socket itself, so that one function of each kind listens to all of them. */
const eventsKey = Symbol('events')
interface Carrier extends Socket {
  [eventsKey]: WireEvents
}

/** A connection of node:net, or node:tls. */
export class NodeWire implements Wire {
  readonly #socket: Socket
  readonly isSecure: boolean

  constructor(socket: Socket, isSecure: boolean) {
    this.#socket = socket
    this.isSecure = isSecure
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress
  }
  get pending(): number {
    return this.#socket.writableLength
  }
  get moved(): number {
    const { writableLength, bytesWritten, bytesRead } = this.#socket
    return writableLength > 0 ? bytesWritten - writableLength : bytesWritten + bytesRead
  }
  get givesBack(): boolean {
    return !this.isSecure
  }
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }
  writeFirst(bytes: Uint8Array, length: number): void {
    this.#socket.write(bytes.subarray(0, length))
  }
  writeBoth(first: Uint8Array, second: Uint8Array): void {
    const socket = this.#socket
    socket.cork()
    socket.write(first)
    socket.write(second)
    socket.uncork()
  }
  writeText(text: string): void {
    this.#socket.write(text, 'latin1')
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
    this.#socket.end()
  }
  destroy(): void {
    this.#socket.destroy()
  }

  /** From now on `events` are told. */
  listen(events: WireEvents): void {
    const socket = this.#socket as Carrier
    socket[eventsKey] = events
    socket.on('error', ignore).on('close', closed).on('end', ended).on('drain', drained).on('data', taken)
  }
}

function taken(this: Carrier, bytes: Buffer): void {
  this[eventsKey].taken(bytes)
}
function drained(this: Carrier): void {
  this[eventsKey].drained()
}
function ended(this: Carrier): void {
  this[eventsKey].ended()
}
function closed(this: Carrier): void {
  this[eventsKey].closed(this.errored)
}
/** What breaks is closed, too. */
const ignore = (): void => {}
