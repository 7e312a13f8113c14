import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Health } from '../../../../contract/health.ts'
import { keepForASecond, notConfigured, watchDependency } from './measure-health.ts'

const ok: Health = {
  status: 'ok',
  timestamp: '2026-11-23T10:00:00.000Z',
  services: { database: notConfigured, redis: notConfigured, external_apis: notConfigured },
}

it('shares the measurement under way however long it takes: stores that are silent are not asked more for it', async () => {
  const { promise, resolve } = Promise.withResolvers<Health>()
  let measured = 0
  const health = keepForASecond(() => {
    measured += 1
    return promise
  })
  const first = health()
  await new Promise((later) => setTimeout(later, 1_100))
  const second = health()
  expect(measured).toBe(1)
  resolve(ok)
  expect(await Promise.all([first, second])).toEqual([ok, ok])
  await health()
  expect(measured).toBe(2)
})

describe('a dependency', () => {
  it('that has always answered tells of no error', async () => {
    const measure = watchDependency(async () => {})
    await measure()
    expect(await measure()).toMatchObject({ lastError: null, lastErrorAt: null })
  })

  it('that failed is down, and when it answers again tells what kind of error it was and when', async () => {
    let isAway = true
    const measure = watchDependency(async () => {
      if (isAway) throw Object.assign(new Error('db.internal refused ann'), { code: 'ECONNREFUSED' })
    })
    const down = await measure()
    expect(down).toEqual({
      ...{ state: 'down', latencyMs: null, lastError: 'ECONNREFUSED' },
      lastErrorAt: expect.stringMatching(/Z$/),
    })
    isAway = false
    const after = await measure()
    expect(after.state).not.toBe('down')
    expect(after).toMatchObject({ lastError: 'ECONNREFUSED', lastErrorAt: down.lastErrorAt })
  })

  it('that does not answer in time is down', async () => {
    const measure = watchDependency(() => new Promise(() => {}), 10)
    expect(await measure()).toMatchObject({ state: 'down', lastError: 'TIMEOUT' })
  })

  it('that answered while this process stood still is not down', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const store = once(server, 'connection')
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const [socket]: Socket[] = await store
    const measure = watchDependency(async () => {
      const answer = once(client, 'data')
      socket?.write('pong')
      const until = performance.now() + 50
      while (performance.now() < until);
      await answer
    }, 10)
    // Behind this the timers come first, and then what has been answered.
    await new Promise((resolve) => setImmediate(resolve))
    expect((await measure()).state).not.toBe('down')
    client.destroy()
    server.close()
  })

  it('that is not configured is never asked', async () => {
    expect(await watchDependency(undefined)()).toEqual(notConfigured)
  })
})
