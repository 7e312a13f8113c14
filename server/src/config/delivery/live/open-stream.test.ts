import { describe, expect, it } from 'vitest'
import { openLive, snapshotOf } from './live.fixture.ts'

const retry = expect.any(Number)

describe('a stream begins', () => {
  it('with when to come back, and where the app stands, as no event', async () => {
    const { publish, listen } = openLive()
    publish(snapshotOf('shop', 5))
    const stream = await listen('shop')
    expect(await stream.next()).toEqual({ retry, id: 5 })
    publish(snapshotOf('shop', 6, { data: { a: 1 } }))
    expect(await stream.next()).toEqual({
      id: 6,
      event: 'revision',
      data: { appId: 'shop', channel: 'stable', revision: 6, changedKeys: ['a'], jitterMs: 0 },
    })
  })

  it('with what nobody may keep or hold back', async () => {
    const { publish, listen } = openLive()
    publish(snapshotOf('shop', 5))
    const { response } = await listen('shop')
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'access-control-allow-origin': '*',
      'x-request-id': expect.any(String),
    })
  })

  it.each([
    ['the address', '?revision=4', {}],
    ['the address of a polyfill', '?lastEventId=4', {}],
    ['the header', '', { 'last-event-id': '4' }],
    ['an id that is none of ours', '', { 'last-event-id': 'abc' }],
    ['whatever is newest', '?revision=2&lastEventId=3', { 'last-event-id': '4' }],
  ])('with an event for a client that has something older, by %s', async (_, query, headers) => {
    const { publish, listen } = openLive()
    publish(snapshotOf('shop', 5))
    const stream = await listen('shop', query, {}, headers)
    expect(await stream.next()).toEqual({
      ...{ retry, id: 5, event: 'revision' },
      data: { appId: 'shop', channel: 'stable', revision: 5, changedKeys: null, jitterMs: 0 },
    })
  })

  it('without an event for a client that has the config which is live, though the app has changed since', async () => {
    const { publish, listen } = openLive()
    publish({ ...snapshotOf('shop', 5), revision: 3 })
    expect(await (await listen('shop', '?revision=3')).next()).toEqual({ retry, id: 5 })
    expect(await (await listen('shop', '?revision=5')).next()).toEqual({ retry, id: 5 })
  })

  it('with what the client has seen elsewhere, fetched first', async () => {
    const { publish, store, listen, held } = openLive()
    publish(snapshotOf('shop', 5))
    const before = await listen('shop')
    await before.next()
    store(snapshotOf('shop', 7, { data: { a: 1 } }))
    const stream = await listen('shop', '', {}, { 'last-event-id': '7' })
    expect(await stream.next()).toEqual({ retry, id: 7 })
    expect(held.peek('shop')?.sequence).toBe(7)
    expect(await before.next()).toMatchObject({ id: 7, data: { changedKeys: ['a'] } })
  })

  it('with an event where the stores know of nothing as new as the client says, and asks them rarely', async () => {
    const { publish, listen, state } = openLive()
    publish(snapshotOf('shop', 5))
    const streams = await Promise.all([99, 98, 97].map((n) => listen('shop', `?revision=${n}`)))
    for (const stream of streams) expect(await stream.next()).toMatchObject({ id: 5, event: 'revision' })
    const { renewals } = state
    await Promise.all([96, 95, 94].map((n) => listen('shop', `?revision=${n}`)))
    expect(state.renewals - renewals).toBeLessThanOrEqual(3)
  })

  it('with nothing that is older than what the client has, where the stores do not answer', async () => {
    const { publish, listen, state, errors } = openLive()
    publish(snapshotOf('shop', 5))
    state.isAway = true
    const stream = await listen('shop', '', {}, { 'last-event-id': '7' })
    expect(await stream.next()).toEqual({ retry })
    expect(errors).toHaveLength(1)
    state.isAway = false
    publish(snapshotOf('shop', 6))
    publish(snapshotOf('shop', 7))
    publish(snapshotOf('shop', 8))
    expect(await stream.next()).toMatchObject({ id: 8 })
  })
})

describe('a stream for OpenFeature', () => {
  it('tells in messages of the default type to evaluate again', async () => {
    const { publish, listen } = openLive()
    publish(snapshotOf('shop', 5))
    const stream = await listen('shop', '?as=ofrep&revision=4')
    expect(await stream.next()).toEqual({ retry, id: 5, data: { type: 'refetchEvaluation', etag: '5' } })
    publish(snapshotOf('shop', 6))
    expect(await stream.next()).toEqual({ id: 6, data: { type: 'refetchEvaluation', etag: '6' } })
  })
})

describe('a stream is refused', () => {
  it.each(['?as=other', '?as=', '?revision=x', '?revision=-1', '?revision=1&revision=2', '?revision=0'])(
    'with 400 for %s',
    async (query) => {
      const { publish, listen } = openLive()
      publish(snapshotOf('shop', 5))
      await expect(listen('shop', query)).rejects.toMatchObject({ code: 'invalid_parameter', status: 400 })
    },
  )

  it('as a read is, and follows nothing then', async () => {
    const { publish, listen, live } = openLive()
    publish({ sequence: 5, state: 'archived', appId: 'old', channel: 'stable' })
    await expect(listen('old')).rejects.toMatchObject({ code: 'config_gone' })
    await expect(listen('none')).rejects.toMatchObject({ code: 'config_not_released' })
    await expect(listen('-no')).rejects.toMatchObject({ code: 'invalid_parameter' })
    expect(['old', 'none', '-no'].filter(live.isFollowed)).toEqual([])
  })

  it('with 429 where the key, or the app without one, has as many as it may; until one is gone', async () => {
    const { publish, listen } = openLive({ streamsPerKey: 2 })
    publish(snapshotOf('shop', 5))
    publish(snapshotOf('news', 5))
    const [first] = await Promise.all([listen('shop'), listen('shop')])
    await expect(listen('shop')).rejects.toMatchObject({
      ...{ code: 'too_many_streams', status: 429 },
      headers: { 'retry-after': '30' },
    })
    await listen('news')
    await listen('shop', '', { key: 'k', keyId: 'k' })
    await first?.leave()
    await listen('shop')
    await expect(listen('shop')).rejects.toMatchObject({ code: 'too_many_streams' })
  })

  it('counts one whose reader was gone before it was read as gone', async () => {
    const { publish, listen } = openLive({ streamsPerKey: 1 })
    publish(snapshotOf('shop', 5))
    for (let times = 0; times < 3; times += 1) await (await listen('shop')).leave()
  })
})

describe('a stream ends', () => {
  it('when this process stops: with a time to come back, and so do those that come then', async () => {
    const { publish, listen, live } = openLive()
    publish(snapshotOf('shop', 5))
    const stream = await listen('shop')
    await stream.next()
    live.drain()
    expect(await stream.next()).toEqual({ retry })
    expect(await stream.next()).toBeUndefined()
    const late = await listen('shop')
    expect(await late.next()).toEqual({ retry })
    expect(await late.next()).toBeUndefined()
    expect(live.isFollowed('shop')).toBe(false)
  })

  it('as soon as the app asks for a key, for who has none; and is not opened to them', async () => {
    const { publish, listen } = openLive()
    publish(snapshotOf('shop', 5))
    const without = await listen('shop')
    const keyed = await listen('shop', '', { key: 'k', keyId: 'k' })
    await without.next()
    await keyed.next()
    publish({ ...snapshotOf('shop', 6, { access: 'key' }), revision: 5 })
    expect(await without.next()).toBeUndefined()
    expect(await keyed.next()).toMatchObject({ id: 6, data: { changedKeys: [], revision: 6 } })
    await expect(listen('shop')).rejects.toMatchObject({ code: 'unauthorized' })
  })

  it('at a heartbeat after its key was revoked; one that cannot be asked for counts', async () => {
    let isAway = true
    const { publish, listen, clients } = openLive({
      heartbeatMs: 5,
      clientKeys: {
        find: async (key) => {
          if (isAway) throw new Error('away')
          return clients.get(key)
        },
      },
    })
    publish(snapshotOf('shop', 5))
    clients.set('k', { appId: 'shop', channel: 'stable' })
    const stream = await listen('shop', '', { key: 'k', keyId: 'k' })
    await stream.next()
    for (let beats = 0; beats < 5; beats += 1) expect(await stream.next()).toEqual({ isBeat: true })
    isAway = false
    for (let beats = 0; beats < 5; beats += 1) expect(await stream.next()).toEqual({ isBeat: true })
    clients.delete('k')
    let told = await stream.next()
    while (told?.isBeat) told = await stream.next()
    expect(told).toBeUndefined()
  })
})

describe('HEAD of a stream', () => {
  it('answers its headers, and holds nothing open', async () => {
    const { publish, live, asking } = openLive({ streamsPerKey: 1 })
    publish(snapshotOf('shop', 5))
    const request = new Request('http://parasol.example/v2/api/config/shop/stream', { method: 'HEAD' })
    for (let times = 0; times < 3; times += 1) {
      const response = await live.stream(request, asking('shop'))
      expect([response.status, response.body]).toEqual([200, null])
      expect(response.headers.get('content-type')).toBe('text/event-stream')
    }
    expect(live.isFollowed('shop')).toBe(false)
  })
})
