import fs from 'node:fs'
import { type Logger, pino } from 'pino'

export type Log = Logger

export interface OpenedLog {
  log: Log
  flush: () => void
  /** From now on `take` gets each line too. */
  tap: (take: (line: string) => void) => void
}

/**
 * Structured logs: one JSON object a line on stdout. Lines are buffered for a moment, because a write per request
 * costs more than the request; `flush` empties the buffer and is called on the way out.
 */
export const openLog = (level: string): OpenedLog => {
  const stream = pino.destination({ dest: 1, sync: false, minLength: 8_192, periodicFlush: 100 })
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: ['authorization', '*.authorization', 'token', '*.token', 'url', '*.password'],
        censor: maskUrl,
      },
    },
    stream,
  )
  const tap = (take: (line: string) => void): void => {
    const write = stream.write.bind(stream)
    stream.write = (line) => {
      take(line)
      return write(line)
    }
  }
  return { log, flush: () => flushQuietly(stream), tap }
}

/** Addresses of stores hold passwords: keep the place, drop the credentials. */
const maskUrl = (value: unknown): string =>
  typeof value === 'string' && value.includes('://')
    ? value.replace(/\/\/[^@/]*@/, '//********@')
    : '********'

/**
 * Whoever read our lines may be gone. The stream tries such a write again for ever, which would keep the process from ending: it
 * is told that all was written.
 */
const flushQuietly = (stream: { flushSync: () => void }): void => {
  const { writeSync } = fs
  const write = (fd: number, bytes: string | Buffer): number => {
    try {
      return typeof bytes === 'string' ? writeSync(fd, bytes) : writeSync(fd, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
      return Buffer.byteLength(bytes)
    }
  }
  fs.writeSync = write as typeof writeSync
  try {
    stream.flushSync()
  } catch {
    // stdout is not open yet: nobody is there to read the lines.
  } finally {
    fs.writeSync = writeSync
  }
}
