import type { PGlite } from '@electric-sql/pglite'
import {
  AbortedTransactionError,
  CompiledQuery,
  type DatabaseConnection,
  PGliteAdapter,
  PGliteDialect,
  PGliteDriver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import type { Turns } from './turns.ts'

/** The one session of the embedded database, for as long as somebody has the turn. */
class EmbeddedConnection implements DatabaseConnection {
  readonly #pglite: PGlite
  readonly #endTurn: () => void
  #failed = false

  constructor(pglite: PGlite, endTurn: () => void) {
    this.#pglite = pglite
    this.#endTurn = endTurn
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const { rows, affectedRows } = await this.#pglite.query<Row>(sql, [...parameters])
      return affectedRows === undefined ? { rows } : { rows, numAffectedRows: BigInt(affectedRows) }
    } catch (error) {
      this.#failed = true
      throw error
    }
  }

  // biome-ignore lint/correctness/useYield: the interface asks for a generator, and there is nothing to yield.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('Streaming is not supported by PGlite.')
  }

  /** PostgreSQL answers COMMIT in a failed transaction with a rollback, without an error: ask it before. */
  async commit(): Promise<void> {
    const broken = this.#failed
      ? await this.#pglite.query('select 1').then(
          () => undefined,
          (cause) => ({ cause }),
        )
      : undefined
    await this.#pglite.query('commit')
    if (broken) throw new AbortedTransactionError(broken)
  }

  release(): void {
    this.#endTurn()
  }
}

const beginStatement = ({ isolationLevel, accessMode }: TransactionSettings): string =>
  ['begin', isolationLevel && `isolation level ${isolationLevel}`, accessMode].filter(Boolean).join(' ')

/**
 * Kysely's own PGlite driver waits without end for its turn, forgets the isolation level, and never returns from a
 * `begin` that fails. This one takes turns that are bounded, with everybody else who uses the database.
 */
class EmbeddedDriver extends PGliteDriver {
  readonly #pglite: PGlite
  readonly #turns: Turns

  constructor(pglite: PGlite, turns: Turns) {
    super({ pglite })
    this.#pglite = pglite
    this.#turns = turns
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    return new EmbeddedConnection(this.#pglite, await this.#turns.take())
  }

  override async releaseConnection(connection?: DatabaseConnection): Promise<void> {
    if (connection instanceof EmbeddedConnection) connection.release()
  }

  override async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings = {}) {
    await connection.executeQuery(CompiledQuery.raw(beginStatement(settings)))
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    if (connection instanceof EmbeddedConnection) await connection.commit()
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'))
  }
}

class EmbeddedAdapter extends PGliteAdapter {
  /** The turns see to it; Kysely's own queue would wait without a bound before them. */
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

/** Kysely's dialect for the embedded database. Everybody who uses `pglite` beside it must take turns. */
export class EmbeddedDialect extends PGliteDialect {
  readonly #pglite: PGlite
  readonly #turns: Turns

  constructor(pglite: PGlite, turns: Turns) {
    super({ pglite })
    this.#pglite = pglite
    this.#turns = turns
  }

  override createDriver(): EmbeddedDriver {
    return new EmbeddedDriver(this.#pglite, this.#turns)
  }

  override createAdapter(): EmbeddedAdapter {
    return new EmbeddedAdapter()
  }
}
