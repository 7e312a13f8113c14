import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { endKey, insertKey, type NewKey, replaceHash } from '../../config/store/keys.ts'
import type { Actor } from '../auth/authenticate.ts'
import { isStoreUnavailable } from '../database/errors.ts'
import type { Tables } from '../database/tables.ts'
import { createFindKeyHolder } from './find-key-holder.ts'
import { findKey, noteKeyUse } from './key-rows.ts'
import { drawKey, drawKeyId, hashKey, keyIdOf } from './key-text.ts'

it('draws keys of the promised form, no two alike', () => {
  const drawn = Array.from({ length: 1_000 }, () => drawKey(drawKeyId()))
  expect(new Set(drawn).size).toBe(1_000)
  for (const key of drawn) {
    expect(key).toMatch(/^parasol_[a-z0-9]{12}_[A-Za-z0-9_-]{32}$/)
    expect(keyIdOf(key)).toBe(key.slice(8, 20))
  }
  for (const other of ['', 'parasol_', `parasol_${'A'.repeat(12)}_${'a'.repeat(32)}`, `${drawn[0]}x`]) {
    expect(keyIdOf(other)).toBeUndefined()
  }
})

describe.each(bothDatabases)('a key in $kind', ({ make }) => {
  let own: OwnDatabase
  let db: Kysely<Tables>
  let find: (token: string) => Promise<Actor | undefined>
  const errors: unknown[] = []
  beforeAll(async () => {
    own = await make()
    db = own.database.kysely
    find = createFindKeyHolder(db, (error) => errors.push(error))
  })
  afterAll(() => own.drop())

  const insert = async (input: Partial<NewKey> = {}) => {
    const keyId = drawKeyId()
    const key = drawKey(keyId)
    const row = {
      name: keyId,
      role: 'viewer',
      appIds: null,
      labels: null,
      channel: null,
      expiresAt: null,
    } as const
    await insertKey(db, { ...row, keyId, hash: hashKey(key), createdBy: 'admin', ...input })
    return { keyId, key }
  }
  /** Lets the time of a key pass. */
  const age = (keyId: string) =>
    sql`update api_keys set expires_at = expires_at - interval '2 days', last_used_on = last_used_on - 2,
      previous_expires_at = previous_expires_at - interval '2 days' where key_id = ${keyId}`.execute(db)
  const tomorrow = () => new Date(Date.now() + 86_400_000)

  it('counts as its holder, with role and scope', async () => {
    const scope = { appIds: ['shop', 'a.b-C_d'], labels: { team: 'x', 'o"dd': "'" } }
    const { key, keyId } = await insert({ role: 'editor', ...scope })
    expect(await find(key)).toEqual({ name: keyId, role: 'editor', scope })
    const wide = await insert({ role: 'admin' })
    expect(await find(wide.key)).toMatchObject({ role: 'admin', scope: { appIds: null, labels: null } })
  })

  it('does not count under another secret or another id', async () => {
    const [one, two] = [await insert(), await insert()]
    expect(await find(drawKey(one.keyId))).toBeUndefined()
    expect(await find(one.key.replace(one.keyId, two.keyId))).toBeUndefined()
    expect(await find(one.key.replace(one.keyId, drawKeyId()))).toBeUndefined()
  })

  it('counts until it expires', async () => {
    const { key, keyId } = await insert({ expiresAt: tomorrow() })
    expect(await find(key)).toBeDefined()
    await age(keyId)
    expect(await find(key)).toBeUndefined()
    expect((await findKey(db, keyId))?.state).toBe('expired')
  })

  it('counts beside the one before until the overlap ends, and not after it was revoked', async () => {
    const { key: old, keyId } = await insert()
    const next = drawKey(keyId)
    await replaceHash(db, keyId, { hash: hashKey(next), overlapSeconds: 3_600 })
    expect([await find(old), await find(next)]).toEqual([expect.anything(), expect.anything()])
    await age(keyId)
    expect([await find(old), await find(next)]).toEqual([undefined, expect.anything()])
    await endKey(db, keyId)
    expect([await find(old), await find(next)]).toEqual([undefined, undefined])
  })

  it('is told from one that does not count where it is a client’s', async () => {
    const { key } = await insert({ role: 'client', appIds: ['shop'], channel: 'beta' })
    await expect(find(key)).rejects.toMatchObject({ status: 403, code: 'forbidden' })
  })

  it('has the day of its last use written once, however often it is used', async () => {
    const { key, keyId } = await insert()
    expect((await findKey(db, keyId))?.last_used_on).toBeNull()
    await Promise.all(Array.from({ length: 10 }, () => find(key)))
    const today = new Date().toISOString().slice(0, 10)
    await eventually(async () => expect((await findKey(db, keyId))?.last_used_on).toBe(today))
    // xmin is the number of the transaction that wrote the row as it stands.
    const written = async () =>
      (await sql<{ xmin: string }>`select xmin::text from api_keys where key_id = ${keyId}`.execute(db))
        .rows[0]
    const once = await written()
    await Promise.all(Array.from({ length: 10 }, () => find(key)))
    await noteKeyUse(db, [keyId])
    expect(await written()).toEqual(once)
    await age(keyId)
    await find(key)
    await eventually(async () => expect((await findKey(db, keyId))?.last_used_on).toBe(today))
    expect(errors).toEqual([])
  })

  it('is no unknown key while the database is away', async () => {
    const { key } = await insert()
    const closed = await make()
    const findThere = createFindKeyHolder(closed.database.kysely, () => {})
    await closed.drop()
    const error = await findThere(key).catch((reason: unknown) => reason)
    expect(isStoreUnavailable(error)).toBe(true)
  })
})
