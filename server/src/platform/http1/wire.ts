import type { Buffer } from 'node:buffer'

/** One connection's bytes, whichever runtime carries them. */
export interface Wire {
  /** The address at the other end; undefined once the connection is gone. */
  readonly remoteAddress: string | undefined
  readonly isSecure: boolean
  /** Bytes of ours that the system has not taken yet; it may still need what they are in. */
  readonly pending: number
  /** Whether bytes that were taken at once may be written over: not where they are encrypted first. */
  readonly givesBack: boolean
  write(bytes: Uint8Array): void
  /** The first `length` bytes. */
  writeFirst(bytes: Uint8Array, length: number): void
  /** Two writes that should leave in one packet. */
  writeBoth(first: Uint8Array, second: Uint8Array): void
  /** In Latin-1. */
  writeText(text: string): void
  /** Whether the process goes on for this connection alone; it does from the beginning. */
  ref(): void
  unref(): void
  /** Changes with all that goes either way; while something is pending, only with what is taken of it. */
  readonly moved: number
  pause(): void
  resume(): void
  /** No more from us: sends what is pending, then FIN. */
  end(): void
  destroy(): void
}

/** What happens to a connection. */
export interface WireEvents {
  taken(bytes: Buffer): void
  /** All that was pending has been taken. */
  drained(): void
  /** The other end sends no more. */
  ended(): void
  /** Told last, with what broke it where that is known. */
  closed(cause?: Error | null): void
}
