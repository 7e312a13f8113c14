import { beforeAll, expect, it } from 'vitest'
import type { Program } from '../program.ts'
import { askPostgres } from '../stores/ask.ts'
import { campaign, ownPostgres, ownRedis, randomUpTo, read, runtime, startNode } from './fleet.ts'

const apps = campaign ? 10_000 : 3_000
const codings = ['identity', 'identity', 'gzip', 'br']
const cacheMiB = 4
const documentBytes = 24_000
const heapMiB = 96

let node: Program

/** Apps with a release of 24 KB each, written by one statement; their numbers tell them apart. */
const fill = `
  insert into apps (app_id, name) select 'app-' || n, 'App' from generate_series(0, ${apps - 1}) n;
  insert into configs (app_id, version, document, checksum, created_by)
    select 'app-' || n, '1.0.0', jsonb_build_object('configVersion', '1.0.0', 'minimumAppVersion', null,
      'deprecationDate', null, 'data', jsonb_build_object('n', n, 'text', repeat('x', ${documentBytes}))), '', 'test'
    from generate_series(0, ${apps - 1}) n;
  insert into releases (app_id, version, kind, actor)
    select 'app-' || n, '1.0.0', 'publish', 'test' from generate_series(0, ${apps - 1}) n;
  insert into channels (app_id, channel, revision) select app_id, channel, revision from releases;`

beforeAll(async () => {
  const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
  node = await startNode({
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    PARASOL_CACHE_BYTES: String(cacheMiB << 20),
    // Enough for the program and its cache, and less than the apps take together: holding them all would end it.
    NODE_OPTIONS: `--max-old-space-size=${heapMiB}`,
  })
  await askPostgres(postgres.url, fill, 60_000)
})

/** Reads every app once, in random order, with a random coding, and checks each answer. */
const readAll = async (): Promise<void> => {
  const ids = Array.from({ length: apps }, (_, n) => n).sort(() => Math.random() - 0.5)
  const readers = Array.from({ length: 8 }, async () => {
    for (let n = ids.pop(); n !== undefined; n = ids.pop()) {
      const coding = codings[randomUpTo(codings.length)] ?? ''
      const answer = await read(node, `app-${n}`, { 'accept-encoding': coding })
      expect(answer).toMatchObject({ status: 200, config: { data: { n } } })
    }
  })
  await Promise.all(readers)
}

// Bun knows no bound of its heap.
it.runIf(runtime === 'node')(
  'serves many times more apps than fit into its heap, each rightly',
  async () => {
    for (let round = 0; round < (campaign ? 5 : 1); round++) await readAll()
    const code = await node.stop()
    expect(code, node.logs().slice(-3_000)).toBe(0)
  },
  campaign ? 3_600_000 : 300_000,
)
