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

const flushQuietly = (stream: { flushSync: () => void }): void => {
  try {
    stream.flushSync()
  } catch {
    // stdout is gone or not open yet: nobody is left to read the lines.
  }
}
