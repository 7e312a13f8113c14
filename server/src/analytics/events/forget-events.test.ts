import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { dayRange, listPartitions } from '../../platform/database/partitions.ts'
import { batchOf, keptEvent, newEventId } from './events.fixture.ts'
import { forgetEvents } from './forget-events.ts'
import { createWriteEvents } from './write-events.ts'

const dayMs = 86_400_000

describe.each(bothDatabases)('forgetting events on $kind', ({ make }) => {
  let own: OwnDatabase
  beforeAll(async () => {
    own = await make()
  })
  afterAll(() => own?.drop())

  it('drops whole days when they were kept long enough for every id of theirs, and makes tomorrow', async () => {
    const db = own.database.kysely
    const now = new Date('2026-11-23T00:30:00Z')
    const ids = [0, 1, 2, 3].map((days) => newEventId(now.getTime() - days * dayMs))
    const events = ids.map((eventId) => keptEvent({ eventId }))
    await createWriteEvents({ db, sender: randomUUID() })([batchOf(...events)])
    const usage = { app_id: 'shop', sender: 'one', accepted: 1, duplicates: 0, rejected: 0 }
    const days = ['2026-11-19', '2026-11-20', '2026-11-23'].map((day) => ({ ...usage, day }))
    await db.insertInto('event_usage').values(days).execute()

    await forgetEvents(db, 2, now)
    const names = async () => (await listPartitions(db, ['events'])).map(({ name }) => name)
    const tomorrow = dayRange(new Date(now.getTime() + dayMs)).suffix
    // At 0:30 somebody whose clock is late may still take an id of the day that is two days and a half hour ago.
    expect(await names()).toEqual([
      'events_20261120',
      'events_20261121',
      'events_20261122',
      'events_20261123',
      `events_${tomorrow}`,
    ])
    await forgetEvents(db, 2, new Date(now.getTime() + dayMs / 24))
    expect((await names())[0]).toBe('events_20261121')
    expect(await db.selectFrom('events').select('event_id').execute()).toHaveLength(3)
    expect(await db.selectFrom('event_usage').select('day').execute()).toHaveLength(1)
    await forgetEvents(db, 2, now)
  })
})
