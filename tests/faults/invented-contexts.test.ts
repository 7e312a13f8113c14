import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { readyDataDir } from '../stores/embedded-cluster.ts'
import { campaign, manage, ownPostgres, patienceMs, randomUpTo, runtime, startNode } from './fleet.ts'

const reads = campaign ? 100_000 : 2_500
const codings = ['identity', 'gzip']
const documentBytes = 24_000

const invented = (): string => randomBytes(randomUpTo(200) + 1).toString('base64url')

/** Values that matter and values made up, of every parameter there is and of some that are none. */
const query = (): string => {
  const mostlyReal = {
    bucket: String(randomUpTo(10_000)),
    platform: Math.random() < 0.5 ? 'ios' : invented(),
    country: Math.random() < 0.5 ? 'DE' : invented(),
    appVersion: Math.random() < 0.5 ? `${randomUpTo(100)}.${randomUpTo(100)}` : invented(),
    language: Math.random() < 0.5 ? `de-${invented().slice(0, 2)}` : invented(),
    plan: invented(),
    // An address may have 8 KiB.
    [invented()]: invented().repeat(randomUpTo(20)),
  }
  const keys = Math.random() < 0.2 ? { keys: `n,${invented()}` } : {}
  return new URLSearchParams({ ...mostlyReal, ...keys }).toString()
}

// Bun knows no bound of its heap.
it.runIf(runtime === 'node')(
  'answers devices that invent every parameter, each rightly, in the memory it has',
  async () => {
    const postgres = await ownPostgres()
    const node = await startNode(
      // Enough for the program and its cache; the answers there are would take more together.
      {
        DATABASE_URL: postgres.url,
        PARASOL_CACHE_BYTES: String(4 << 20),
        NODE_OPTIONS: '--max-old-space-size=96',
      },
      await readyDataDir(),
    )
    const when = { sem_ver: [{ var: 'appVersion' }, '<', '50.0.0'] }
    const body = {
      configVersion: '1.0.0',
      data: { n: 1, text: 'x'.repeat(documentBytes) },
      overrides: [
        { name: 'old', when, data: { old: true } },
        { name: 'ios', when: { '==': [{ var: 'platform' }, 'ios'] }, data: { ios: true } },
        { name: 'german', when: { '==': [{ var: 'language' }, 'de'] }, data: { german: true } },
        ...Array.from({ length: 10 }, (_, n) => ({
          name: `half-${n}`,
          rollout: 50,
          data: { [`half-${n}`]: true },
        })),
      ],
    }
    await manage(node, 'POST', '/apps', { body: { appId: 'shop', name: 'Shop' } })
    expect((await manage(node, 'POST', '/apps/shop/configs', { body })).status).toBe(201)
    await manage(node, 'POST', '/apps/shop/releases', { body: { configVersion: '1.0.0' } })
    let left = reads
    const tags = new Map<string, string>()
    const readOne = async (): Promise<void> => {
      const response = await fetch(`${node.url}/v2/api/config/shop?${query()}`, {
        headers: { 'accept-encoding': codings[randomUpTo(codings.length)] ?? '' },
        signal: AbortSignal.timeout(patienceMs),
      })
      const { overrides, data } = (await response.json()) as {
        overrides: string[]
        data: Record<string, unknown>
      }
      expect(response.status).toBe(200)
      expect(data.n).toBe(1)
      if ('text' in data) {
        const { n: _, text: __, ...laid } = data
        expect(Object.keys(laid).sort()).toEqual(overrides.toSorted())
      }
      const tag = response.headers.get('etag') ?? ''
      const known = tags.get(tag) ?? JSON.stringify(overrides)
      expect(JSON.stringify(overrides)).toBe(known)
      tags.set(tag, known)
    }
    const readers = Array.from({ length: 8 }, async () => {
      for (; left > 0; left -= 1) await readOne()
    })
    await Promise.all(readers)
    expect(tags.size).toBeGreaterThan(300)
    expect(await node.stop()).toBe(0)
  },
  campaign ? 3_600_000 : 600_000,
)
