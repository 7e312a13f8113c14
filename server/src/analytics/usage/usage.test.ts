import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Usage } from '../../../../contract/shipment.ts'
import { type Answer, openQuestions, type Questions } from '../questions/questions.fixture.ts'
import { createApp, foldAll, ship, tallyOf } from '../rollups/rollups.fixture.ts'

// What differs between the databases is small: it is tried on both.
describe.each([0, 1] as const)('usage in database %i', (kind) => {
  let questions: Questions
  const use = (
    day: string,
    appId: string | null,
    keyId: string | null,
    requests: number,
    more: Partial<Usage> = {},
  ): Usage => ({
    ...{ day, appId, keyId, requests, refused: 0, routeClass: 'config', lastAt: `${day}T10:00:00.000Z` },
    ...more,
  })
  const thisMonth = new Date().toISOString().slice(0, 7)
  const uses = [
    use(`${thisMonth}-01`, 'shop', null, 100),
    use(`${thisMonth}-01`, 'shop', 'key1', 10, { refused: 4, lastAt: `${thisMonth}-01T12:00:00.000Z` }),
    use(`${thisMonth}-01`, 'news', 'key1', 50),
    use(`${thisMonth}-01`, null, 'key1', 3, { routeClass: 'management' }),
    use('2026-01-31', 'shop', null, 7),
    use('2026-02-01', 'shop', null, 8),
    use('2026-02-02', 'shop', null, 9),
  ]
  beforeAll(async () => {
    questions = await openQuestions(kind)
    const { db } = questions
    await ship(db, [], { uses: uses.slice(0, 5) })
    await foldAll(db)
    // The same day again adds up.
    await ship(db, [], { uses: [...uses.slice(5), use(`${thisMonth}-01`, 'shop', null, 1)] })
    await foldAll(db)
    await db
      .insertInto('api_keys')
      .values({
        key_id: 'key1',
        name: 'ci of the shop',
        role: 'viewer',
        hash: Buffer.alloc(32),
        created_by: 'ann',
      } as never)
      .execute()
  })
  afterAll(() => questions?.close())
  const list = (by: 'apps' | 'keys', query: string): Promise<Answer> =>
    questions.get(`/manage/v1/analytics/usage/${by}?${query}`)

  it('is told by app: this month so far, where nothing else is asked for', async () => {
    const { body } = await list('apps', '')
    expect(body).toEqual({
      items: [
        { appId: null, period: 'total', requests: 3, refused: 0, lastSeen: `${thisMonth}-01T10:00:00.000Z` },
        {
          appId: 'news',
          period: 'total',
          requests: 50,
          refused: 0,
          lastSeen: `${thisMonth}-01T10:00:00.000Z`,
        },
        {
          appId: 'shop',
          period: 'total',
          requests: 111,
          refused: 4,
          lastSeen: `${thisMonth}-01T12:00:00.000Z`,
        },
      ],
      nextCursor: null,
    })
  })

  it('is told by key, with its name, of one class alone too', async () => {
    const { body } = await list('keys', 'routeClass=config')
    expect(body.items).toMatchObject([
      { keyId: null, name: null, requests: 101 },
      { keyId: 'key1', name: 'ci of the shop', requests: 60, refused: 4 },
    ])
  })

  it('is told by day and by month', async () => {
    const days = await list('apps', 'from=2026-01-01&to=2026-02-28&interval=day')
    expect(
      days.body.items.map(({ period, requests }: Record<string, unknown>) => [period, requests]),
    ).toEqual([
      ['2026-01-31', 7],
      ['2026-02-01', 8],
      ['2026-02-02', 9],
    ])
    const months = await list('apps', 'from=2026-01-01&to=2026-02-28&interval=month')
    expect(
      months.body.items.map(({ period, requests }: Record<string, unknown>) => [period, requests]),
    ).toEqual([
      ['2026-01', 7],
      ['2026-02', 17],
    ])
  })

  it('tells the top talkers, and who was seen last, page by page', async () => {
    const pages = async (order: string) => {
      const names: unknown[] = []
      for (let cursor = ''; ; ) {
        const { body } = await list('apps', `order=${order}&limit=1${cursor}`)
        names.push(body.items[0].appId)
        if (body.nextCursor === null) return names
        cursor = `&cursor=${body.nextCursor}`
      }
    }
    expect(await pages('requests')).toEqual(['shop', 'news', null])
    expect(await pages('lastSeen')).toEqual(['shop', null, 'news'])
  })

  it('is told in CSV for bills', async () => {
    const { text } = await list('keys', 'format=csv&order=requests')
    expect(text).toBe(
      `keyId,name,period,requests,refused,lastSeen\r\n,,total,101,0,${thisMonth}-01T10:00:00.000Z\r\nkey1,ci of the shop,total,63,4,${thisMonth}-01T12:00:00.000Z\r\n`,
    )
  })

  it('is refused with 400 for days the wrong way round and foreign cursors', async () => {
    expect((await list('apps', 'from=2026-02-01&to=2026-01-01')).body.errors).toMatchObject([
      { parameter: 'from' },
    ])
    const forged = Buffer.from(JSON.stringify('["2026-01-01","x",0,"",""]')).toString('base64url')
    for (const cursor of ['x', forged]) {
      expect((await list('apps', `cursor=${cursor}`)).body.code).toBe('invalid_cursor')
    }
  })

  it('and all numbers say what they take, and how long they are kept', async () => {
    const { db } = questions
    const appId = await createApp(db)
    await ship(db, [{ appId, at: Date.now(), tally: tallyOf([{}]) }])
    await foldAll(db)
    await ship(db, [{ appId, at: Date.now(), tally: tallyOf([{}]) }])
    const { body } = await questions.get('/manage/v1/analytics/storage')
    const tables = Object.fromEntries(body.tables.map((table: { table: string }) => [table.table, table]))
    expect(tables.rollups_minute).toMatchObject({ keepDays: 5, setting: 'PARASOL_MINUTE_COUNTS_DAYS' })
    expect(tables.rollups_minute.partitions.at(-1).name).toMatch(/^rollups_minute_\d{8}$/)
    expect(tables.usage_days.partitions.length).toBeGreaterThan(2)
    expect(tables.events).toMatchObject({ keepDays: 14, setting: 'PARASOL_EVENTS_DAYS' })
    expect(body.bytes).toBeGreaterThan(8192)
    expect(body.waiting).toMatchObject({ shipments: 1, since: body.countedUntil })
  })
})
