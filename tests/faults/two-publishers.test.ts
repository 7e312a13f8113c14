import { beforeAll, describe, expect, it } from 'vitest'
import type { Program } from '../program.ts'
import {
  campaign,
  createApp,
  expectAll,
  expectInRedis,
  manage,
  ownPostgres,
  ownRedis,
  publish,
  startNode,
} from './fleet.ts'

const rounds = campaign ? 200 : 10

describe.each([{ withRedis: true }, { withRedis: false }])(
  'two publishers at once on two nodes (Redis: $withRedis)',
  ({ withRedis }) => {
    let nodes: Program[]
    let one: Program
    let redis: { url: string } | undefined

    beforeAll(async () => {
      redis = withRedis ? await ownRedis() : undefined
      const env = { DATABASE_URL: (await ownPostgres()).url, ...(redis && { REDIS_URL: redis.url }) }
      ;[one] = nodes = (await Promise.all([startNode(env), startNode(env)])) as [Program, Program]
      await createApp(one, 'shop')
    })

    const releaseAtOnce = async (headers: Record<string, string>, versions: string[]) =>
      Promise.all(
        nodes.map((node, i) =>
          manage(node, 'POST', '/apps/shop/releases', { body: { configVersion: versions[i] }, headers }),
        ),
      )

    const saveTwo = async (): Promise<string[]> => {
      const saved = await Promise.all(
        nodes.map((node, n) =>
          manage(node, 'POST', '/apps/shop/configs', { body: { bump: 'minor', data: { n } } }),
        ),
      )
      expect(saved.map(({ status }) => status)).toEqual([201, 201])
      const versions = saved.map(({ body }) => String(body.configVersion))
      expect(new Set(versions).size).toBe(2)
      return versions
    }

    it('exactly one wins where both name the revision they know', async () => {
      let live = await publish(one, 'shop', { n: 0 })
      for (let round = 0; round < rounds; round++) {
        const answers = await releaseAtOnce({ 'if-match': `"${live}"` }, await saveTwo())
        expect(answers.map(({ status }) => status).sort()).toEqual([201, 412])
        const won = answers.find(({ status }) => status === 201)
        expect(Number(won?.body.revision)).toBeGreaterThan(live)
        live = Number(won?.body.revision)
        await expectAll(nodes, 'shop', live)
      }
      if (redis) await expectInRedis(redis, 'shop', live)
    })

    it('both succeed where none does, and every node ends at the higher revision', async () => {
      for (let round = 0; round < rounds; round++) {
        const answers = await releaseAtOnce({}, await saveTwo())
        expect(answers.map(({ status }) => status)).toEqual([201, 201])
        const [a, b] = answers.map(({ body }) => Number(body.revision))
        expect(a).not.toBe(b)
        await expectAll(nodes, 'shop', Math.max(a ?? 0, b ?? 0))
        if (redis) await expectInRedis(redis, 'shop', Math.max(a ?? 0, b ?? 0))
      }
    })

    it('the same Idempotency-Key on both nodes makes one release, answered twice', async () => {
      for (let round = 0; round < rounds; round++) {
        const [version = ''] = await saveTwo()
        const answers = await releaseAtOnce({ 'idempotency-key': `at-once-${round}` }, [version, version])
        expect(answers.map(({ status }) => status)).toEqual([201, 201])
        expect(answers[0]?.body).toEqual(answers[1]?.body)
      }
    })
  },
)
