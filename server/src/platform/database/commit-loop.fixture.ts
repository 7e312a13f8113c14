/** Commits numbers one after the other and prints each when it is committed, until somebody kills it. */
import { sql } from 'kysely'
import { openDatabase } from './open-database.ts'

const { kysely } = await openDatabase({
  dataDir: process.argv[2] ?? '',
  poolSize: 1,
  statementTimeoutMs: 10_000,
  connectTimeoutMs: 10_000,
  onError: (error) => process.stderr.write(`${error}\n`),
})
await sql`create table if not exists numbers (n int primary key, twice int not null)`.execute(kysely)
const { rows } = await sql<{ last: number }>`select coalesce(max(n), 0) as last from numbers`.execute(kysely)
for (let n = (rows[0]?.last ?? 0) + 1; ; n += 1) {
  await kysely.transaction().execute(async (transaction) => {
    await sql`insert into numbers values (${n}, 0)`.execute(transaction)
    await sql`update numbers set twice = ${n * 2} where n = ${n}`.execute(transaction)
  })
  // A reader that stands still is waited for: what only this process knows of would die with it.
  await new Promise((resolve) => process.stdout.write(`${n}\n`, resolve))
}
