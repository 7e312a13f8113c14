import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { countStatements } from '../../../../tests/stores/count-statements.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { freshRedis } from '../../../../tests/stores/redis.ts'
import type { Cache } from '../../platform/cache/cache.ts'
import { memoryCache } from '../../platform/cache/cache-memory.ts'
import { redisCache } from '../../platform/cache/cache-redis.ts'
import type { Change, ChangeListener, Changes } from '../../platform/changes/changes.ts'
import { memoryChanges } from '../../platform/changes/changes-memory.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { connectRedis } from '../../platform/redis/connect-redis.ts'
import { keepTemplateDocuments } from '../store/documents.ts'
import { listOutbox } from '../store/outbox.ts'
import { followChanges } from './follow-changes.ts'
import { createHeldReleases } from './held-releases.ts'
import { noLastKnownGood } from './last-known-good.ts'
import { createReadReleases } from './read-release.ts'
import { relayOutbox } from './relay-outbox.ts'
import { rules } from './rules.fixture.ts'

const apps = 2000
const heldApps = 500
const fail = (error: unknown): void => {
  throw error
}
/** Resolves when nothing has been counted for a while. */
const quiet = async (count: () => number): Promise<void> => {
  for (let before = -1; before !== count(); ) {
    before = count()
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}
const appIdOf = (n: number): string => `shop-${n}`

describe.each(bothDatabases)('a release of a template over thousands of apps on $kind', ({ kind, make }) => {
  let own: OwnDatabase
  let db: Kysely<Tables>
  let openCache: () => Promise<Cache>
  const changes = memoryChanges({ onError: fail })
  const ends: (() => Promise<unknown>)[] = [() => changes.close()]
  beforeAll(async () => {
    own = await make()
    ends.push(() => own.drop())
    db = own.database.kysely
    const shared = memoryCache({ maxBytes: 50_000_000 })
    openCache = kind === 'postgres' ? await overRedis() : async () => shared
    await fillFleet()
  })
  afterAll(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  const overRedis = async () => {
    const { url, release } = await freshRedis()
    ends.push(release)
    return async () => {
      const redis = connectRedis({ url, timeoutMs: 5_000, onState: () => {} })
      ends.push(() => redis.close())
      const cache = redisCache(redis, () => {})
      await vi.waitFor(() => cache.ping(), { timeout: 15_000 })
      return cache
    }
  }

  /** A template, and apps that extend it, all live since yesterday: no sweep finds them by itself. */
  const fillFleet = async () => {
    const yesterday = sql`now() - interval '1 day'`
    await sql`insert into apps (app_id, name, kind) values ('base', 'Base', 'template')`.execute(db)
    await sql`insert into apps (app_id, name, extends)
      select 'shop-' || n, 'Shop', 'base' from generate_series(1, ${apps}::int) n`.execute(db)
    await sql`insert into configs (app_id, version, document, checksum, created_by, updated_at)
      select app_id, '1.0.0', jsonb_build_object('configVersion', '1.0.0', 'data', jsonb_build_object('by', app_id)),
        'c', 'ann', ${yesterday} from apps`.execute(db)
    await sql`with base as (
        insert into releases (app_id, version, kind, actor) values ('base', '1.0.0', 'publish', 'ann') returning revision
      ) insert into releases (app_id, version, kind, actor, base_revision)
        select app_id, '1.0.0', 'publish', 'ann', base.revision from apps, base where kind = 'app'`.execute(
      db,
    )
    await sql`insert into channels (app_id, channel, revision) select app_id, channel, revision from releases`.execute(
      db,
    )
  }

  /** What a fan-out does in its transaction; how it does that is tested where it lives. */
  const releaseTemplate = async (version: string): Promise<Change[]> => {
    const { rows } = await sql<Change>`
      with version as (
        insert into configs (app_id, version, document, checksum, created_by) values ('base', ${version},
          jsonb_build_object('configVersion', ${version}::text, 'data', jsonb_build_object('base', ${version}::text)), 'c', 'ann')
        returning version
      ), base as (
        insert into releases (app_id, version, kind, actor) select 'base', version, 'publish', 'ann' from version
        returning revision
      ), made as (
        insert into releases (app_id, version, kind, actor, base_revision)
        select app_id, '1.0.0', 'template', 'ann', base.revision from apps, base where kind = 'app'
        returning app_id, revision
      ), live as (
        update channels c set revision = made.revision, sequence = nextval('revisions') from made
        where c.app_id = made.app_id returning c.app_id, c.channel, c.sequence
      ), touched as (
        update configs c set updated_at = clock_timestamp() from made where c.app_id = made.app_id
      ), noted as (
        insert into outbox (app_id, channel, sequence) select app_id, channel, sequence from live
      )
      select app_id as "appId", channel, sequence from live`.execute(db)
    return rows
  }

  const openNode = async (feed: Changes = changes) => {
    const counted = countStatements(db)
    // By itself, because it looks into the outbox every two seconds.
    const relayed = countStatements(db)
    const held = createHeldReleases(50_000_000, rules)
    const shared = {
      db: counted.db,
      held,
      templates: keepTemplateDocuments(1 << 20),
      cache: await openCache(),
      cacheTtlSeconds: 60,
      changes: feed,
      evaluating: () => ({ rules, pollFactor: 1 }),
      lastKnownGood: noLastKnownGood,
      coldLoads: 2,
      onStoreError: (_: unknown, error: unknown) => fail(error),
    }
    const releases = createReadReleases(shared)
    const following = followChanges({
      ...shared,
      releases,
      isFollowed: () => false,
      sweepMs: 3_600_000,
      onError: (_, error) => fail(error),
    })
    const relay = relayOutbox({ ...shared, db: relayed.db, onError: fail })
    ends.push(
      () => following.close(),
      () => relay.close(),
    )
    const read = async () => {
      for (let n = 1; n <= heldApps; n++) await releases.read(appIdOf(n), 'stable')
    }
    const heldBases = (): Set<unknown> => {
      const bodies = Array.from({ length: heldApps }, (_, n) => held.peek(appIdOf(n + 1)))
      return new Set(
        bodies.map((one) =>
          one?.state === 'released'
            ? JSON.parse(String(one.release.plain.variants.identity?.body)).data.base
            : undefined,
        ),
      )
    }
    return { counted, relayed, held, following, relay, read, heldBases }
  }

  it('costs each node a handful of statements, and only for what it holds', async () => {
    const [one, two] = [await openNode(), await openNode()]
    await one.read()
    await two.read()
    for (const { counted, relayed } of [one, two])
      for (const statements of [counted, relayed]) statements.take()
    const told = await releaseTemplate('2.0.0')
    expect(told).toHaveLength(apps)
    await Promise.all([one.following.apply(told), one.relay.tell(told)])
    await expect.poll(() => listOutbox(db, 10), { timeout: 20_000 }).toEqual([])
    for (const node of [one, two]) await expect.poll(node.heldBases).toEqual(new Set(['2.0.0']))
    // Nine batches, each read with its chains and deleted; and a look into the outbox now and then.
    expect(one.relayed.take()).toBeLessThan(3 * 9 + 30)
    // Three batches of its own at the most, where the cache does not have them yet.
    expect(one.counted.take()).toBeLessThanOrEqual(3 * 4)
    // The relay has filled the cache before it told others.
    expect(two.counted.take()).toBe(0)
    for (const node of [one, two]) expect(node.held.size().entries).toBe(heldApps)
  })

  it('is found by a sweep of a node that heard nothing, and not taken over again by the next ones', async () => {
    let listener: ChangeListener | undefined
    const silent: Changes = {
      announce: async () => {},
      notify: async () => {},
      subscribe: (one) => {
        listener = one
        return () => {}
      },
      close: async () => {},
    }
    const deaf = await openNode(silent)
    await deaf.read()
    await releaseTemplate('3.0.0')
    await sql`delete from outbox`.execute(db)
    deaf.counted.take()
    listener?.resumed()
    await expect.poll(deaf.heldBases, { timeout: 20_000 }).toEqual(new Set(['3.0.0']))
    await quiet(deaf.counted.count)
    expect(deaf.counted.take()).toBeLessThanOrEqual(2 + 3 * 4)
    for (let sweeps = 1; sweeps <= 3; sweeps++) {
      listener?.resumed()
      await expect.poll(deaf.counted.count, { timeout: 20_000 }).toBe(2 * sweeps)
    }
  })
})
