import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { compileOrigins } from '../../platform/http/allowed-origins.ts'
import { keepTemplateDocuments } from '../store/documents.ts'
import { makeReleases } from '../store/releases.ts'
import type { PreparedRelease } from './prepare.ts'
import { createReadPast } from './read-past.ts'
import { rules } from './rules.fixture.ts'

describe.each(bothDatabases)('past releases on $kind', ({ make }) => {
  let own: OwnDatabase
  let revisions: number[] = []

  beforeAll(async () => {
    own = await make()
    const db = own.database.kysely
    await db.insertInto('apps').values({ app_id: 'shop', name: 'Shop', kind: 'app' }).execute()
    for (let n = 0; n < 9; n++) {
      const version = `1.0.${n}`
      const document = JSON.stringify({ configVersion: version, data: { n } })
      await db
        .insertInto('configs')
        .values({ app_id: 'shop', version, document, checksum: 'c', created_by: 'ann' })
        .execute()
      await makeReleases(db, [{ appId: 'shop', channel: 'stable', version, baseRevision: null }], {
        ...{ kind: 'publish', actor: 'ann', reason: null, rollout: null, fleetReleaseId: null },
      })
    }
    const rows = await db.selectFrom('releases').select('revision').orderBy('revision').execute()
    revisions = rows.map(({ revision }) => Number(revision))
  })
  afterAll(() => own?.drop())

  it('are forgotten for what is asked of others, however little they took when they were read', async () => {
    const readPast = createReadPast({
      ...{ db: own.database.kysely, templates: keepTemplateDocuments(1_000_000), rules },
      ...{ maxBytes: 400_000, onError: (error: unknown) => expect.unreachable(String(error)) },
    })
    const read = async (revision: number): Promise<PreparedRelease> => {
      const past = await readPast({ appId: 'shop', channel: 'stable', origins: null }, revision)
      if (!past) throw new Error(`${revision} was live once`)
      return past
    }
    const [first = 0, ...others] = revisions.slice(0, -1)
    const before = await read(first)
    expect(await read(first)).toBe(before)
    for (const revision of others) {
      const past = await read(revision)
      past.weight.grow(60_000)
      expect(await read(revision)).toBe(past)
    }
    expect(await read(first)).not.toBe(before)
  })

  it('are read by the pages that may read what is live, whoever could when they were', async () => {
    const readPast = createReadPast({
      ...{ db: own.database.kysely, templates: keepTemplateDocuments(1_000_000), rules },
      ...{ maxBytes: 400_000, onError: (error: unknown) => expect.unreachable(String(error)) },
    })
    for (const list of [null, ['https://a.example'], ['https://b.example'], []]) {
      const origins = compileOrigins(list)
      const past = await readPast({ appId: 'shop', channel: 'stable', origins }, revisions[0] ?? 0)
      expect(past?.origins?.list).toEqual(list ?? undefined)
    }
  })
})
