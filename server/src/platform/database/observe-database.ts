import type { LogEvent } from 'kysely'
import type { Meters } from '../telemetry/meters.ts'
import { type NoteStoreCall, noteStoreCalls } from '../telemetry/note-store-calls.ts'
import { observeQueue } from '../telemetry/observe-queue.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { Database } from './database.ts'

/** Hears of each statement when it is over; for `onStatement` of openDatabase. */
export const observeStatements = (
  telemetry: Pick<Telemetry, 'meters' | 'tracing'>,
): ((event: LogEvent) => void) => {
  const note: NoteStoreCall = noteStoreCalls(telemetry)
  return (event) =>
    note({
      system: 'postgresql',
      operation: operationOf(event.query.sql),
      text: event.query.sql,
      tookMs: event.queryDurationMillis,
      ...(event.level === 'error' && { error: event.error }),
    })
}

const words = new Map(
  ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'WITH', 'BEGIN', 'COMMIT', 'ROLLBACK', 'COPY', 'LOCK', 'SET'].map(
    (word) => [word.toLowerCase(), word],
  ),
)

/** The first word of a statement, where it is one of those that we use. */
const operationOf = (text: string): string => {
  const word = /^\s*([a-z]+)/i.exec(text)?.[1]?.toLowerCase()
  return words.get(word ?? '') ?? 'OTHER'
}

/** Shows the connections to the database, and what waits for one. The name of the conventions ends in _count, as only histograms may in Prometheus. */
export const observeConnections = (meters: Meters, { connections }: Pick<Database, 'connections'>): void => {
  meters.observe(
    {
      ...{ name: 'parasol.database.connections', kind: 'updown', unit: '{connection}' },
      description: 'Connections to the database, used and idle.',
    },
    () => {
      const { used, idle } = connections()
      return Object.entries({ used, idle }).map(([state, value]) => ({
        attributes: { 'parasol.state': state },
        value,
      }))
    },
  )
  meters.observe(
    {
      ...{ name: 'parasol.database.connections.most', kind: 'updown', unit: '{connection}' },
      description: 'Connections that there may be: PARASOL_DATABASE_POOL.',
    },
    () => connections().most,
  )
  observeQueue(meters, 'database', () => connections().waiting)
}
