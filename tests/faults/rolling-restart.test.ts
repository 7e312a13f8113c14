import { expect, it } from 'vitest'
import { listen } from '../../server/src/platform/http/listen.ts'
import { httpPeer } from '../../server/src/platform/peers/http-peer.ts'
import { atEnd } from '../at-end.ts'
import { type Program, startProgram } from '../program.ts'
import { freePort } from '../stores/free-port.ts'
import { createApp, ownPostgres, ownRedis, publish, runtime, token, tryPublish } from './fleet.ts'

type Service = 'gateway' | 'config' | 'analytics'

/** A process that comes back at the same address, as one does behind a name. */
const openProcess = async (service: Service, env: Record<string, string>) => {
  const port = await freePort()
  const start = (): Promise<Program> =>
    startProgram({
      runtime,
      env: {
        ...{ PARASOL_ADMIN_TOKEN: token, PARASOL_RATE_LIMITS: 'off' },
        // Whoever asks it has to see that it drains, though the machine be busy.
        PARASOL_DRAIN_SECONDS: '3',
        ...{ ...env, PARASOL_SERVICES: service, PARASOL_PORT: String(port) },
      },
    })
  let program = await start()
  atEnd(() => program.kill())
  return {
    url: program.url,
    restart: async () => {
      expect(await program.stop()).toBe(0)
      program = await start()
    },
  }
}

/** What stands before the gateways: it asks whether they are ready, and spreads requests over those that are. */
const openBalancer = async (urls: string[]): Promise<string> => {
  const { peer, close } = httpPeer({
    ...{ name: 'gateways', baseUrl: urls.join(','), timeoutMs: 10_000 },
    health: { path: '/readyz', intervalMs: 100 },
  })
  const listener = await listen(peer, { host: '127.0.0.1', port: 0, onUnreadable: () => {} })
  atEnd(async () => {
    await listener.close(0)
    close()
  })
  return listener.url
}

it('two of each service are restarted one after the other, and no request fails', async () => {
  const [postgres, redis] = await Promise.all([ownPostgres(), ownRedis()])
  const stores = { DATABASE_URL: postgres.url, REDIS_URL: redis.url }
  const first = await openProcess('config', stores)
  const [second, ...analytics] = await Promise.all([
    openProcess('config', stores),
    openProcess('analytics', stores),
    openProcess('analytics', stores),
  ])
  const configs = [first, second]
  const env = {
    REDIS_URL: redis.url,
    PARASOL_CONFIG_URL: configs.map(({ url }) => url).join(','),
    PARASOL_ANALYTICS_URL: analytics.map(({ url }) => url).join(','),
  }
  const gateways = await Promise.all([openProcess('gateway', env), openProcess('gateway', env)])
  const front = { url: await openBalancer(gateways.map(({ url }) => url)) } as Program
  await createApp(front, 'shop')
  await publish(front, 'shop', { n: 0 })

  let isOver = false
  const failures: string[] = []
  let [reads, changes] = [0, 0]
  const note = (what: string, status: unknown, expected: number): void => {
    if (status !== expected) failures.push(`${what}: ${status}`)
  }
  const readOn = async (path: () => string, expected = 200): Promise<void> => {
    while (!isOver) {
      const status = await fetch(front.url + path()).then(
        (response) => response.text().then(() => response.status),
        (error) => `${error} ${error.cause}`,
      )
      note(path(), status, expected)
      reads += 1
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const publishOn = async (): Promise<void> => {
    while (!isOver) {
      const { status } = await tryPublish(front, 'shop', { n: changes }).catch((error) => ({
        status: `${error} ${error.cause}`,
      }))
      note('publish', status, 201)
      changes += 1
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const load = [
    readOn(() => '/v1/api/config/shop'),
    readOn(() => `/v1/api/config/shop?miss=${reads}`),
    readOn(() => `/v2/api/config/shop?bucket=${reads % 10_000}&x=${reads}`),
    // It has no address yet: that nothing is there is the service's own answer.
    readOn(() => `/v1/api/analytics/${reads}`, 404),
    publishOn(),
  ]
  for (const process of [...configs, ...analytics, ...gateways]) await process.restart()
  // A busy machine takes its time for as many.
  const many = { timeout: 150_000 }
  await expect.poll(() => changes, many).toBeGreaterThan(20)
  await expect.poll(() => reads, many).toBeGreaterThan(1_000)
  isOver = true
  await Promise.all(load)
  expect(failures).toEqual([])
  // Twelve starts of processes, one after the other where machines are busy.
}, 300_000)
