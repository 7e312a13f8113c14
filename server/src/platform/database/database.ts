import type { Kysely, LogEvent } from 'kysely'
import type { Tables } from './tables.ts'

/** One connection, inside one transaction, without a bound on how long a statement may run. */
export interface MaintenanceSession {
  query<Row>(statement: string, parameters?: readonly unknown[]): Promise<Row[]>
  /** Runs a text of several statements. */
  script(statements: string): Promise<void>
}

export interface Database {
  kysely: Kysely<Tables>
  kind: 'embedded' | 'postgres'
  /** Resolves when `select 1` answered within the time bound; throws otherwise. */
  ping(): Promise<void>
  /**
   * Runs `work` in one transaction on a connection of its own: all of it or, where it throws, nothing. For migrations and
   * other long work of the operator, never for a request.
   */
  maintain<Result>(work: (session: MaintenanceSession) => Promise<Result>): Promise<Result>
  /** Connections in use and idle, how many there may be, and how many wait for one. */
  connections(): { used: number; idle: number; most: number; waiting: number }
  close(): Promise<void>
}

export interface OpenOptions {
  /** A PostgreSQL URL; without one the embedded PostgreSQL in `dataDir` is opened. */
  url?: string
  dataDir: string
  poolSize: number
  statementTimeoutMs: number
  connectTimeoutMs: number
  /** Hears what went wrong where nobody was waiting: a connection that broke while idle, failed upkeep. */
  onError: (error: unknown) => void
  /** Hears of each statement when it is over. */
  onStatement?: (event: LogEvent) => void
}
