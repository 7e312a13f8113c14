import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countStatements } from '../../../../tests/stores/count-statements.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { generous } from '../../../../tests/stores/embedded-cluster.ts'
import { type Proxy as Network, startProxy } from '../../../../tests/stores/proxy.ts'
import { readyDatabase } from '../../../../tests/stores/ready-database.ts'
import { endKey, insertKey, replaceHash } from '../../config/store/keys.ts'
import { openDatabase } from '../database/open-database.ts'
import type { Tables } from '../database/tables.ts'
import { createClientKeys } from './client-keys.ts'
import { findKey } from './key-rows.ts'
import { drawKey, drawKeyId, hashKey } from './key-text.ts'

const fail = (error: unknown): void => {
  throw error
}
const makeKey = async (db: Kysely<Tables>, role: 'client' | 'editor' = 'client') => {
  const keyId = drawKeyId()
  const key = drawKey(keyId)
  const client = role === 'client' ? { appIds: ['shop'], channel: 'beta' } : { appIds: null, channel: null }
  await insertKey(db, {
    ...{ keyId, name: keyId, role, labels: null, hash: hashKey(key), expiresAt: null, createdBy: 'ann' },
    ...client,
  })
  return { keyId, key }
}
const shop = { appId: 'shop', channel: 'beta' }

describe.each(bothDatabases)('client keys on $kind', ({ make }) => {
  let own: OwnDatabase
  let db: Kysely<Tables>
  beforeAll(async () => {
    own = await make()
    db = own.database.kysely
  })
  afterAll(() => own?.drop())

  it('read their channel, asked for at once for all who wait and then not for a while', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => makeKey(db)))
    const { db: counted, take } = countStatements(db)
    const keys = createClientKeys(counted, fail)
    const first = await keys.find(made[0]?.key ?? '')
    expect(first).toEqual(shop)
    await expect.poll(async () => (await findKey(db, made[0]?.keyId ?? ''))?.used_today).toBe(true)
    take()
    // Without the first, which is asked for or not by how long that took.
    const others = made.slice(1)
    const found = await Promise.all([...others, ...others].map(({ key }) => keys.find(key)))
    expect(found).toEqual(found.map(() => shop))
    // One of them asks at once, the others together; a note of each says that they are used today.
    expect(take()).toBe(2 + 2)
    // While their answers are young nothing is asked, and nothing awaited.
    const findAgain = async () => {
      await Promise.all(made.map(({ key }) => keys.find(key)))
      take()
      return { found: made.map(({ key }) => keys.find(key)), asked: take() }
    }
    await expect.poll(findAgain).toEqual({ found: made.map(() => shop), asked: 0 })
    // Nothing of this waits for another one's note.
    await expect
      .poll(() => Promise.all(made.map(({ keyId }) => findKey(db, keyId))))
      .toEqual(made.map(() => expect.objectContaining({ used_today: true })))
  })

  it('read the apps that they may see, where they are those of a server', async () => {
    const { key } = await makeKey(db, 'editor')
    expect(await createClientKeys(db, fail).find(key)).toEqual({ scope: { appIds: null, labels: null } })
  })

  it('are known not to count for as long, and cost nothing where they cannot be keys', async () => {
    const { keyId, key } = await makeKey(db, 'editor')
    await endKey(db, keyId)
    const { db: counted, take } = countStatements(db)
    const keys = createClientKeys(counted, fail)
    for (const other of [key, drawKey(drawKeyId())]) {
      const findAgain = async () => {
        await keys.find(other)
        take()
        return { found: [keys.find(other)], asked: take() }
      }
      await expect.poll(findAgain).toEqual({ found: [undefined], asked: 0 })
    }
    take()
    for (const none of ['', 'letmein', `${key}x`, 'parasol_']) expect(keys.find(none)).toBeUndefined()
    expect(take()).toBe(0)
  })

  it('stop counting soon after they are revoked or expire, and the one before with its overlap', async () => {
    const [revoked, expired, rotated] = [await makeKey(db), await makeKey(db), await makeKey(db)]
    const keys = createClientKeys(db, fail)
    for (const { key } of [revoked, expired, rotated]) expect(await keys.find(key)).toEqual(shop)
    await endKey(db, revoked.keyId)
    await sql`update api_keys set expires_at = clock_timestamp() where key_id = ${expired.keyId}`.execute(db)
    const next = drawKey(rotated.keyId)
    await replaceHash(db, rotated.keyId, { hash: hashKey(next), overlapSeconds: 0 })
    for (const { key } of [revoked, expired, rotated]) {
      await expect.poll(async () => keys.find(key), { interval: 20 }).toBeUndefined()
    }
    expect(await keys.find(next)).toEqual(shop)
  })
})

describe('client keys while the database is away', () => {
  let network: Network
  let db: Kysely<Tables>
  const ends: (() => Promise<unknown>)[] = []
  beforeAll(async () => {
    const fresh = await readyDatabase()
    ends.push(() => fresh.drop())
    const url = new URL(fresh.url)
    network = await startProxy(Number(url.port || 5432))
    ends.push(() => network.close())
    url.port = String(network.port)
    const database = await openDatabase({ ...generous, onError: () => {}, dataDir: '', url: url.href })
    ends.push(() => database.close())
    db = database.kysely
  })
  afterAll(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  it.each([
    ['cut off', () => network.cut()],
    ['silent', () => network.stall()],
  ])('count as they did before it was %s, and nobody waits for it twice', async (_, cause) => {
    const { key, keyId } = await makeKey(db)
    const errors: unknown[] = []
    const keys = createClientKeys(db, (error) => void errors.push(error))
    expect(await keys.find(key)).toEqual(shop)
    cause()
    // The answer grows old: then somebody waits, finds nobody, and what was known counts.
    await expect.poll(() => keys.find(key) instanceof Promise, { interval: 10 }).toBe(true)
    expect(await keys.find(key)).toEqual(shop)
    const unknown = await Promise.resolve(keys.find(drawKey(drawKeyId()))).catch((error) => error)
    expect(unknown).toMatchObject({ code: 'store_unavailable', headers: { 'retry-after': '2' } })
    for (let asks = 0; asks < 60; asks++) {
      expect(keys.find(key)).toEqual(shop)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    network.heal()
    await expect
      .poll(
        () =>
          endKey(db, keyId).then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true)
    await expect.poll(async () => keys.find(key), { timeout: 20_000, interval: 20 }).toBeUndefined()
  })
})
