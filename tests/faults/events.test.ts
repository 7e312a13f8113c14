import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { countsOf, talliedOf } from '../../server/src/analytics/events/events.fixture.ts'
import { openDatabase } from '../../server/src/platform/database/open-database.ts'
import { readTally } from '../../server/src/platform/tally/read-tally.ts'
import type { Program } from '../program.ts'
import { generous, readyDataDir } from '../stores/embedded-cluster.ts'
import { freePort } from '../stores/free-port.ts'
import { campaign, createApp, eventually, ownPostgres, ownRedis, randomUpTo, startNode } from './fleet.ts'
import { type SentTotals, sendUntilAcknowledged } from './send-events.ts'

const rounds = campaign ? 20 : 1
const appId = 'shop'

/** All that is stored of the events: their ids, and how often each name was counted, folded already or not. */
const readStored = async (options: { url?: string; dataDir: string }) => {
  const database = await openDatabase({ ...generous, ...options })
  try {
    const db = database.kysely
    const rows = await db
      .selectFrom('events')
      .select(['event_id', 'name'])
      .where('app_id', '=', appId)
      .execute()
    const counts = countsOf(await talliedOf(db, appId), 'event')
    const folded = await db.selectFrom('rollups_minute').select('body').where('scope', '=', appId).execute()
    for (const { body } of folded) {
      for (const [name, count] of Object.entries(countsOf(readTally(body), 'event')))
        counts[name] = (counts[name] ?? 0) + count
    }
    return { ids: new Set(rows.map(({ event_id }) => event_id)), counts }
  } finally {
    await database.close()
  }
}

/** Every acknowledged event is there, and each was counted once. */
const expectAllOnce = (sent: SentTotals, stored: Awaited<ReturnType<typeof readStored>>): void => {
  const expected: Record<string, number> = {}
  for (const { name } of sent.events.values()) expected[name] = (expected[name] ?? 0) + 1
  const lost = [...sent.events.keys()].filter((id) => !stored.ids.has(id))
  expect(lost).toEqual([])
  expect(stored.ids.size).toBe(sent.events.size)
  expect(stored.counts).toEqual(expected)
  expect(sent.accepted + sent.duplicates).toBe(sent.events.size)
}

/** Lets at least so many more events be acknowledged, then waits for a moment in the middle of others. */
const letSomeThrough = async (sending: { count: () => number }, events: number): Promise<void> => {
  const before = sending.count()
  await eventually(() => expect(sending.count()).toBeGreaterThan(before + events))
  await sleep(randomUpTo(60))
}

describe('kill -9 during ingestion', () => {
  it(
    'of the server, of PostgreSQL and of Redis loses no acknowledged event, and counts none twice',
    async () => {
      const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
      const port = String(await freePort())
      const env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, PARASOL_PORT: port }
      let node = await startNode(env)
      await createApp(node, appId)
      const sending = sendUntilAcknowledged(() => node.url, { appId })
      for (let round = 0; round < rounds; round += 1) {
        await letSomeThrough(sending, 500)
        await node.kill()
        node = await startNode(env, node.dataDir)
        await letSomeThrough(sending, 500)
        await postgres.kill()
        await sleep(randomUpTo(500))
        await postgres.start()
        await letSomeThrough(sending, 500)
        await redis.kill()
        await letSomeThrough(sending, 200)
        await redis.start()
      }
      const sent = await sending.stop()
      expect(await node.stop()).toBe(0)
      const stored = await readStored({ url: postgres.url, dataDir: '' })
      console.log('kills of each', rounds, { ...sent, events: sent.events.size }, stored.counts)
      expectAllOnce(sent, stored)
    },
    180_000 + rounds * 60_000,
  )

  it.runIf(campaign)(
    'of the server with its embedded database loses no acknowledged event, and counts none twice',
    async () => {
      const env = { PARASOL_PORT: String(await freePort()) }
      let node: Program = await startNode(env, await readyDataDir())
      await createApp(node, appId)
      const sending = sendUntilAcknowledged(() => node.url, { appId })
      for (let round = 0; round < rounds; round += 1) {
        await letSomeThrough(sending, 500)
        await node.kill()
        node = await startNode(env, node.dataDir)
      }
      const sent = await sending.stop()
      expect(await node.stop()).toBe(0)
      const stored = await readStored({ dataDir: node.dataDir })
      console.log('kills', rounds, { ...sent, events: sent.events.size }, stored.counts)
      expectAllOnce(sent, stored)
    },
    180_000 + rounds * 60_000,
  )
})
