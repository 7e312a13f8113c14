import { describe, expect, it } from 'vitest'
import { contextOf } from '../../platform/http/request-context.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import { shedLoad } from './shed-load.ts'

const ask = (peer: Peer, path = '/v2/api/config/shop') => peer(new Request(`http://front.example${path}`))
const never: Peer = () => new Promise(() => {})

describe('a service that has too much to do', () => {
  it('is not asked any more: 503 at once, with a time to come back', () => {
    const peer = shedLoad({ name: 'config', most: 3 }, never)
    for (let times = 0; times < 3; times += 1) void ask(peer)
    expect(() => ask(peer)).toThrow(
      expect.objectContaining({
        ...{ code: 'overloaded', status: 503 },
        headers: { 'retry-after': expect.stringMatching(/^[123]$/) },
        members: { type: expect.stringContaining('#temporary-reduced-capacity') },
      }),
    )
  })

  it('is asked again when something is over, also where that failed', async () => {
    let isAway = true
    const peer = shedLoad({ name: 'config', most: 1 }, async () => {
      if (isAway) throw new Error('away')
      return new Response('here')
    })
    await expect(ask(peer)).rejects.toThrow('away')
    isAway = false
    expect(await (await ask(peer)).text()).toBe('here')
  })

  it('is not taken for slow because clients send their bodies slowly', async () => {
    let at = 0
    const under: { request: Request; end: () => void }[] = []
    const peer = shedLoad({ name: 'shop', most: 50, least: 1, now: () => at }, (request) => {
      const { promise, resolve } = Promise.withResolvers<Response>()
      under.push({ request, end: () => resolve(new Response('here')) })
      return promise
    })
    const round = async (method: string, uploadMs: number) => {
      const answers = Array.from({ length: 40 }, () => peer(new Request('http://front.example/', { method })))
      at += uploadMs
      for (const { request } of under) contextOf(request).sentAt = at
      at += 20
      for (const { end } of under.splice(0)) end()
      await Promise.all(answers)
    }
    for (let times = 0; times < 20; times += 1) await round('GET', 0)
    for (let times = 0; times < 20; times += 1) await round('POST', 10_000)
    await expect(round('POST', 0)).resolves.toBeUndefined()
  })

  it('may leave open what it likes, and answer at once as often as it likes', () => {
    const waiting = shedLoad({ name: 'config', most: 1 }, never)
    for (let times = 0; times < 3; times += 1) {
      void ask(waiting, '/v2/api/config/shop?wait=30')
      void ask(waiting, '/v2/api/config/shop/stream')
    }
    const ready = shedLoad({ name: 'config', most: 1 }, () => new Response('here'))
    for (let times = 0; times < 3; times += 1) expect(ask(ready)).toBeInstanceOf(Response)
  })
})
