import { Buffer } from 'node:buffer'
import type { Peer } from '../peers/peer.ts'
import { Connection } from './connection.ts'
import { createServerState } from './server-state.ts'
import type { Wire } from './wire.ts'

/** A connection without a network: what is written is kept, and taken by the client as it likes. */
export class TestWire implements Wire {
  readonly remoteAddress = '127.0.0.1'
  readonly isSecure = false
  readonly givesBack = true
  pending = 0
  moved = 0
  isPaused = false
  isOver = false
  isCut = false
  /** Whether the client takes what is written. */
  isRead = true
  #written: Buffer[] = []

  write(bytes: Uint8Array): void {
    if (!this.isRead) this.pending += bytes.byteLength
    this.#written.push(Buffer.from(bytes))
  }
  writeFirst(bytes: Uint8Array, length: number): void {
    this.write(bytes.subarray(0, length))
  }
  writeBoth(first: Uint8Array, second: Uint8Array): void {
    this.write(first)
    this.write(second)
  }
  writeText(text: string): void {
    this.write(Buffer.from(text, 'latin1'))
  }
  ref(): void {}
  unref(): void {}
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
  }
  end(): void {
    this.isOver = true
  }
  destroy(): void {
    this.isCut = true
  }
  text(): string {
    return Buffer.concat(this.#written).toString('latin1')
  }
}

export const connect = (peer: Peer) => {
  const wire = new TestWire()
  const state = createServerState(peer, { host: '', port: 0, onUnreadable: () => {} })
  state.stop()
  const connection = new Connection(wire, state)
  const send = (text: string): void => connection.taken(Buffer.from(text, 'latin1'))
  return { wire, connection, state, send }
}

export const get = (path = '/', lines = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${lines}\r\n`
export const post = (lines: string, body = ''): string => `POST / HTTP/1.1\r\nHost: x\r\n${lines}\r\n${body}`
