import type { Buffer } from 'node:buffer'
import { noBytes } from './intake.ts'

/** A chunk's size line, with its extensions; and all trailers together. */
const longestLine = 4_096
const chunkSize = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/
const trailer = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n$/

/** The chunks were not as RFC 9112 §7.1 has them. */
export class BrokenBody extends Error {
  override name = 'BrokenBody'
}

/** Reads a body that comes in chunks, cut anywhere; extensions and trailers are read, and mean nothing. */
export class ChunkReader {
  readonly #give: (bytes: Buffer) => void
  /** What the next bytes are. */
  #at: 'size' | 'data' | 'data end' | 'trailers' | 'end' = 'size'
  /** Bytes left of the chunk. */
  #left = 0
  #line = ''
  #trailerBytes = 0

  /** `give` gets the data, which may be parts of what is taken. */
  constructor(give: (bytes: Buffer) => void) {
    this.#give = give
  }

  /** Whether all of it has arrived. */
  get isComplete(): boolean {
    return this.#at === 'end'
  }

  /** Takes what arrived; returns what is behind the end of the body. Throws {@link BrokenBody}. */
  take(given: Buffer): Buffer {
    let bytes = given
    while (bytes.length > 0 && this.#at !== 'end') {
      if (this.#at === 'data') {
        const size = Math.min(this.#left, bytes.length)
        this.#left -= size
        this.#give(bytes.subarray(0, size))
        bytes = bytes.subarray(size)
        if (this.#left === 0) this.#at = 'data end'
        continue
      }
      const end = bytes.indexOf(10)
      this.#line += bytes.toString('latin1', 0, end < 0 ? bytes.length : end + 1)
      if (this.#line.length > longestLine) throw new BrokenBody('a line between chunks is too long')
      if (end < 0) return noBytes
      bytes = bytes.subarray(end + 1)
      this.#readLine(this.#line)
      this.#line = ''
    }
    return bytes
  }

  #readLine(line: string): void {
    if (!line.endsWith('\r\n') || line.indexOf('\r') !== line.length - 2) {
      throw new BrokenBody('a line between chunks does not end as it must')
    }
    if (this.#at === 'data end') {
      if (line !== '\r\n') throw new BrokenBody('a chunk is longer than its size')
      this.#at = 'size'
    } else if (this.#at === 'size') {
      const size = chunkSize.exec(line.slice(0, -2))?.[1]
      if (size === undefined) throw new BrokenBody('a chunk has no size')
      this.#left = Number.parseInt(size, 16)
      this.#at = this.#left === 0 ? 'trailers' : 'data'
    } else if (line === '\r\n') this.#at = 'end'
    else this.#skipTrailer(line)
  }

  #skipTrailer(line: string): void {
    this.#trailerBytes += line.length
    if (!trailer.test(line) || this.#trailerBytes > longestLine)
      throw new BrokenBody('a trailer is no header')
  }
}
