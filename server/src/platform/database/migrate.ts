import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { sql } from 'kysely'
import type { Database, MaintenanceSession } from './database.ts'

/** The database was migrated by a newer program; the message says which version it has and what to do. */
export class SchemaTooNew extends Error {
  override name = 'SchemaTooNew'
}

/** A migration file differs from what was applied, or the files have gaps. */
export class MigrationChanged extends Error {
  override name = 'MigrationChanged'
}

interface Migration {
  version: number
  name: string
  text: string
  checksum: string
}

interface Applied {
  version: number
  name: string
  checksum: string
}

/** Of all programs only this one asks for this number, and of these only migrations. */
const migrationLock = 727_205_001

const shippedFolder = new URL('./migrations/', import.meta.url)

const readMigrations = (folder: URL): Migration[] => {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  return names.map((name, index) => {
    const version = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1])
    if (version !== index + 1) {
      const wanted = String(index + 1).padStart(4, '0')
      throw new MigrationChanged(`migrations/${name} stands where ${wanted}-<name>.sql is expected`)
    }
    // A checkout with other line ends is the same migration.
    const text = readFileSync(new URL(name, folder), 'utf8').replaceAll('\r\n', '\n')
    return { version, name, text, checksum: createHash('sha256').update(text).digest('hex') }
  })
}

/** Asked on an ordinary connection: a server that falls silent here must not keep a start waiting as a migration may. */
const findApplied = async ({ kysely }: Pick<Database, 'kysely'>): Promise<Applied[]> => {
  const { rows } = await sql<{ there: boolean }>`
    select to_regclass('schema_migrations') is not null as there`.execute(kysely)
  if (!rows[0]?.there) return []
  const applied = await sql<Applied>`
    select version, name, checksum from schema_migrations order by version`.execute(kysely)
  return applied.rows
}

const readApplied = async (session: MaintenanceSession): Promise<Applied[]> => {
  const [found] = await session.query<{ there: boolean }>(
    "select to_regclass('schema_migrations') is not null as there",
  )
  if (!found?.there) {
    await session.script(`create table schema_migrations (
      version int primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default clock_timestamp()
    )`)
  }
  return session.query<Applied>('select version, name, checksum from schema_migrations order by version')
}

const checkApplied = (applied: readonly Applied[], migrations: readonly Migration[]): void => {
  const has = applied.at(-1)?.version ?? 0
  const knows = migrations.at(-1)?.version ?? 0
  if (has > knows) {
    throw new SchemaTooNew(
      `The database has schema version ${has} and this program knows ${knows}: it was migrated by a newer Parasol. ` +
        'Start that version or a later one, or restore a backup made before the upgrade.',
    )
  }
  for (const { version, name, checksum } of applied) {
    if (migrations[version - 1]?.checksum !== checksum) {
      throw new MigrationChanged(
        `migrations/${name} is not the file that was applied to this database. Restore it, and put changes into a new file.`,
      )
    }
  }
}

const apply = async (session: MaintenanceSession, { version, name, text, checksum }: Migration) => {
  try {
    await session.script(text)
  } catch (cause) {
    throw new Error(`migrations/${name} failed, and nothing was changed: ${cause}`, { cause })
  }
  await session.query('insert into schema_migrations (version, name, checksum) values ($1, $2, $3)', [
    version,
    name,
    checksum,
  ])
}

/**
 * Brings the schema to this program's version: all pending files in one transaction, so it is applied as a whole or not
 * at all. A second runner waits for the first and then finds nothing to do. Without a bound on time only where something
 * is pending. `log` hears a line for each file. Returns the
 * names applied now and the version reached. Throws {@link SchemaTooNew} and {@link MigrationChanged}.
 */
export const migrate = async (
  database: Pick<Database, 'kysely' | 'maintain'>,
  log: (line: string) => void,
  folder: URL = shippedFolder,
): Promise<{ applied: string[]; version: number }> => {
  const migrations = readMigrations(folder)
  const found = await findApplied(database)
  checkApplied(found, migrations)
  if (found.length === migrations.length) return { applied: [], version: migrations.length }
  return database.maintain(async (session) => {
    await session.query('select pg_advisory_xact_lock($1)', [migrationLock])
    const before = await readApplied(session)
    checkApplied(before, migrations)
    const pending = migrations.slice(before.length)
    for (const migration of pending) {
      await apply(session, migration)
      log(`migrated the database: ${migration.name}`)
    }
    return { applied: pending.map(({ name }) => name), version: migrations.length }
  })
}
