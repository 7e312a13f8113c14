import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openLive, snapshotOf } from './live.fixture.ts'

const pause = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('what is told', () => {
  it('is told to all of an app, and to nobody else', async () => {
    const { publish, listen } = openLive()
    for (const appId of ['shop', 'news']) publish(snapshotOf(appId, 1))
    const streams = await Promise.all(['shop', 'shop', 'news'].map((appId) => listen(appId)))
    for (const stream of streams) await stream.next()
    publish(snapshotOf('shop', 2))
    publish(snapshotOf('news', 3))
    const told = await Promise.all(streams.map((stream) => stream.next()))
    expect(told.map((one) => one?.id)).toEqual([2, 2, 3])
  })

  it('is the first change at once, and those that follow it soon together', async () => {
    // All at one moment: on a busy machine all the time between two tellings may pass between two lines of this test.
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const { publish, listen } = openLive({ everyMs: 300 })
    publish(snapshotOf('shop', 1, { data: { a: 1, b: 1, c: 1, d: 1 } }))
    const stream = await listen('shop')
    await stream.next()
    publish(snapshotOf('shop', 2, { data: { a: 2, b: 1, c: 1, d: 1 } }))
    expect(await stream.next()).toMatchObject({ id: 2, data: { changedKeys: ['a'] } })
    publish(snapshotOf('shop', 3, { data: { a: 2, b: 2, c: 1, d: 1 } }))
    await pause()
    publish(snapshotOf('shop', 4, { data: { a: 2, b: 1, c: 2, d: 1 } }))
    // What has changed and changed back was something else for whoever read in between.
    expect(await stream.next()).toMatchObject({ id: 4, data: { changedKeys: ['b', 'c'] } })
    publish(snapshotOf('shop', 5, { data: { d: 2 } }))
    expect(await stream.next()).toMatchObject({ id: 5, data: { changedKeys: ['a', 'b', 'c', 'd'] } })
  })

  it('is nothing where devices get the same as before, as of an app that was renamed', async () => {
    const { publish, listen } = openLive()
    const released = snapshotOf('shop', 1, { data: { a: 1 } })
    publish(released)
    const stream = await listen('shop')
    await stream.next()
    publish({ ...released, sequence: 2 })
    await pause()
    publish({ ...released, sequence: 3, pollSeconds: 60 })
    expect(await stream.next()).toMatchObject({ id: 3, data: { changedKeys: [] } })
    publish({ ...snapshotOf('shop', 4, { data: { a: 2 } }) })
    expect(await stream.next()).toMatchObject({ id: 4, data: { changedKeys: ['a'] } })
  })

  it('is not told again to whoever came when it was known', async () => {
    const { publish, listen } = openLive({ everyMs: 300 })
    publish(snapshotOf('shop', 1))
    const first = await listen('shop')
    await first.next()
    publish(snapshotOf('shop', 2))
    await first.next()
    publish(snapshotOf('shop', 3))
    const second = await listen('shop')
    expect(await second.next()).toMatchObject({ id: 3 })
    expect(await first.next()).toMatchObject({ id: 3 })
    publish(snapshotOf('shop', 4))
    expect(await second.next()).toMatchObject({ id: 4 })
  })

  it('is nothing for a snapshot that is not newer', async () => {
    const { publish, listen } = openLive()
    publish(snapshotOf('shop', 2))
    const stream = await listen('shop')
    await stream.next()
    publish(snapshotOf('shop', 1))
    publish(snapshotOf('shop', 2))
    await pause()
    publish(snapshotOf('shop', 3))
    expect(await stream.next()).toMatchObject({ id: 3 })
  })

  it('is that an app was archived, and that it is back', async () => {
    const { publish, listen } = openLive()
    publish(snapshotOf('shop', 1))
    const stream = await listen('shop')
    await stream.next()
    publish({ sequence: 2, state: 'archived', appId: 'shop', channel: 'stable' })
    expect(await stream.next()).toMatchObject({ id: 2, data: { changedKeys: null } })
    publish(snapshotOf('shop', 3))
    expect(await stream.next()).toMatchObject({ id: 3, data: { changedKeys: null } })
  })

  it('is told also where the cache had dropped the app; then nobody knows what has changed', async () => {
    const { publish, listen, held, live } = openLive({ cacheBytes: 20_000 })
    publish(snapshotOf('shop', 1))
    const stream = await listen('shop')
    await stream.next()
    for (let n = 0; n < 20; n += 1) publish(snapshotOf(`other-${n}`, 1))
    expect(held.peek('shop')).toBeUndefined()
    expect([live.isFollowed('shop'), live.isFollowed('other-1')]).toEqual([true, false])
    // A reader brings it back as it was.
    held.hold(snapshotOf('shop', 1), { unverified: false })
    for (let n = 0; n < 20; n += 1) publish(snapshotOf(`other-${n}`, 2))
    publish(snapshotOf('shop', 2))
    expect(await stream.next()).toMatchObject({ id: 2, data: { changedKeys: null } })
    await stream.leave()
    expect(live.isFollowed('shop')).toBe(false)
  })
})

describe('a channel without a release', () => {
  const beta = { channel: 'beta' }

  it('is told what changes on stable, until it has one of its own', async () => {
    const { publish, listen, live } = openLive()
    publish(snapshotOf('shop', 1))
    const stream = await listen('shop', '', beta)
    expect(await stream.next()).toMatchObject({ id: 1 })
    expect(['shop', 'shop:beta', 'shop:alpha'].map(live.isFollowed)).toEqual([true, true, false])
    publish(snapshotOf('shop', 2, { data: { a: 1 } }))
    expect(await stream.next()).toMatchObject({ id: 2, data: { channel: 'stable', changedKeys: ['a'] } })
    publish(snapshotOf('shop', 3, beta))
    expect(await stream.next()).toMatchObject({ id: 3, data: { channel: 'beta', changedKeys: null } })
    expect(live.isFollowed('shop')).toBe(false)
    publish(snapshotOf('shop', 4))
    await pause()
    publish(snapshotOf('shop', 5, { ...beta, data: { b: 1 } }))
    expect(await stream.next()).toMatchObject({ id: 5, data: { channel: 'beta', changedKeys: ['b'] } })
  })

  it('is told of a first release that this node hears of after a later one of stable', async () => {
    const { publish, listen } = openLive()
    publish(snapshotOf('shop', 1))
    const stream = await listen('shop', '', beta)
    await stream.next()
    publish(snapshotOf('shop', 9))
    expect(await stream.next()).toMatchObject({ id: 9 })
    publish(snapshotOf('shop', 5, beta))
    expect(await stream.next()).toMatchObject({ id: 9, data: { channel: 'beta' } })
  })
})
