import { beforeAll, describe, expect, it } from 'vitest'
import type { Program } from '../program.ts'
import {
  badNetwork,
  campaign,
  createApp,
  eventually,
  manage,
  ownPostgres,
  ownRedis,
  patienceMs,
  publish,
  read,
  startNode,
} from './fleet.ts'

const rounds = campaign ? 200 : 20

interface Fenced {
  status: number
  revision: number
  cacheControl: string
  retryAfter: string | null
}

const readFenced = async (node: Program, path: string): Promise<Fenced> => {
  const response = await fetch(`${node.url}${path}`, { signal: AbortSignal.timeout(patienceMs) })
  const body = (await response.json()) as { revision?: number }
  return {
    status: response.status,
    revision: body.revision ?? 0,
    cacheControl: response.headers.get('cache-control') ?? '',
    retryAfter: response.headers.get('retry-after'),
  }
}

describe('reads that name a revision', () => {
  let one: Program
  let lagging: Program
  let postgresOfTwo: Awaited<ReturnType<typeof badNetwork>>['proxy']

  // The second node hears nothing of the first, has a cache of its own, and looks for what it missed once an hour.
  beforeAll(async () => {
    const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
    const { proxy, url } = await badNetwork(postgres)
    postgresOfTwo = proxy
    ;[one, lagging] = await Promise.all([
      startNode({ DATABASE_URL: postgres.url, REDIS_URL: `${redis.url}/1` }),
      startNode({ DATABASE_URL: url, REDIS_URL: `${redis.url}/2`, PARASOL_SWEEP_SECONDS: '3600' }),
    ])
  })

  it('a node that lags answers what is asked for, and never what is older', async () => {
    await createApp(one, 'shop')
    let before = await publish(one, 'shop', { n: 0 })
    await read(lagging, 'shop')
    for (let n = 1; n <= rounds; n++) {
      const revision = await publish(one, 'shop', { n })
      // Without a revision it still answers what it holds: it does lag.
      expect(await read(lagging, 'shop')).toMatchObject({ revision: before })
      const answers = await Promise.all(
        ['/v2/api/config/shop', '/beta/api/config/shop', '/v2/api/config/shop'].map((path) =>
          readFenced(lagging, `${path}?revision=${revision}&bucket=${n}`),
        ),
      )
      const [, beta] = answers
      for (const answer of answers) expect(answer).toMatchObject({ status: 200, revision })
      // A node that has much to do, as at its start, lets nobody keep its answers for a year.
      await eventually(async () => {
        const stable = await readFenced(lagging, `/v2/api/config/shop?revision=${revision}&bucket=${n}`)
        expect(stable.cacheControl).toContain('immutable')
      })
      // The beta channel may get a release of its own.
      expect(beta?.cacheControl).not.toContain('immutable')
      before = revision
    }
  })

  it('a first release on another channel is found by its revision, though its absence was remembered', async () => {
    await createApp(one, 'books')
    await publish(one, 'books', { n: 0 })
    expect(await readFenced(lagging, '/beta/api/config/books')).toMatchObject({ status: 200 })
    const body = { bump: 'auto', data: { n: 1 } }
    const saved = await manage(one, 'POST', '/apps/books/configs', { body })
    const made = await manage(one, 'POST', '/apps/books/releases', {
      body: { configVersion: saved.body.configVersion, channel: 'beta' },
    })
    const revision = Number(made.body.revision)
    expect(await readFenced(lagging, `/beta/api/config/books?revision=${revision}`)).toMatchObject({
      status: 200,
      revision,
    })
  })

  it('a node that cannot fetch it answers 503 with Retry-After, and answers it once it can', async () => {
    await createApp(one, 'news')
    const before = await publish(one, 'news', { n: 0 })
    await read(lagging, 'news')
    postgresOfTwo.stall()
    const revision = await publish(one, 'news', { n: 1 })
    const refused = await readFenced(lagging, `/v2/api/config/news?revision=${revision}`)
    expect(refused).toMatchObject({ status: 503, retryAfter: '1', cacheControl: 'no-store' })
    expect(await read(lagging, 'news')).toMatchObject({ status: 200, revision: before })
    postgresOfTwo.heal()
    await eventually(async () =>
      expect(await readFenced(lagging, `/v2/api/config/news?revision=${revision}`)).toMatchObject({
        status: 200,
        revision,
      }),
    )
  })

  it('one of the past is answered as it was; what is live now, where the database is away', async () => {
    await createApp(one, 'kids')
    const first = await publish(one, 'kids', { n: 0 })
    const second = await publish(one, 'kids', { n: 1 })
    await eventually(async () => expect(await read(lagging, 'kids')).toMatchObject({ revision: second }))
    const path = `/v2/api/config/kids?revision=${first}`
    postgresOfTwo.stall()
    const current = await readFenced(lagging, path)
    expect(current).toMatchObject({ status: 200, revision: second })
    expect(current.cacheControl).not.toContain('immutable')
    postgresOfTwo.heal()
    await eventually(async () =>
      expect(await readFenced(lagging, path)).toMatchObject({ status: 200, revision: first }),
    )
  })
})
