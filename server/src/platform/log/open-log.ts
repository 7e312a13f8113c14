import fs from 'node:fs'
import { type Logger, pino } from 'pino'

export type Log = Logger

/**
 * Structured logs: one JSON object a line on stdout. Lines are buffered for a moment, because a write per request
 * costs more than the request; `flush` empties the buffer and is called on the way out.
 */
export const openLog = (level: string): { log: Log; flush: () => void } => {
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
  return { log, flush: () => flushQuietly(stream) }
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
