import { describe, expect, it } from 'vitest'
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
