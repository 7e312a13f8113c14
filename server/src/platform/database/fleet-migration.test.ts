import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { bareDatabases } from '../../../../tests/stores/databases.ts'
import { migrate } from './migrate.ts'

/** A folder with the first migration alone, as the program before had it. */
const firstAlone = (): URL => {
  const folder = mkdtempSync(join(tmpdir(), 'parasol-first-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  copyFileSync(new URL('./migrations/0001-initial.sql', import.meta.url), join(folder, '0001-initial.sql'))
  return pathToFileURL(`${folder}/`)
}

describe.each(bareDatabases)('the migration to fleets on $kind', ({ make }) => {
  test('makes live what was released last on each channel, and gives history what it lacked', async () => {
    const own = await make()
    onTestFinished(() => own.drop())
    const db = own.database.kysely
    await migrate(own.database, () => {}, firstAlone())
    await sql`insert into apps (app_id, name) values ('shop', 'Shop'), ('bare', 'Bare')`.execute(db)
    await sql`insert into configs (app_id, version, document, checksum, created_by) values
      ('shop', '1.0.0', '{"data": {}}', '', 'x'),
      ('shop', '2.0.0', '{"data": {}, "deprecationDate": "2027-06-30"}', '', 'x')`.execute(db)
    await sql`insert into releases (revision, app_id, channel, version, kind, actor) values
      (101, 'shop', 'stable', '1.0.0', 'publish', 'x'), (102, 'shop', 'beta', '1.0.0', 'publish', 'x'),
      (103, 'shop', 'stable', '2.0.0', 'publish', 'x')`.execute(db)

    await migrate(own.database, () => {})

    const channels = await db.selectFrom('channels').selectAll().orderBy('channel').execute()
    expect(channels).toMatchObject([
      { app_id: 'shop', channel: 'beta', revision: 102, deprecation_date: null, candidate_revision: null },
      { app_id: 'shop', channel: 'stable', revision: 103, deprecation_date: '2027-06-30' },
    ])
    const releases = await db.selectFrom('releases').selectAll().orderBy('revision').execute()
    expect(releases.map((row) => [row.previous_revision, row.deprecation_date])).toEqual([
      [null, null],
      [null, null],
      [101, '2027-06-30'],
    ])
    const refused = db.updateTable('releases').set({ reason: 'other' }).execute()
    await expect(refused).rejects.toThrow('append-only')
  })
})
