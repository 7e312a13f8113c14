import { describe, expect, it } from 'vitest'
import { openLive, snapshotOf } from './live.fixture.ts'

/** A read that waits; `done` tells whether it has. */
const wait = (
  { live, asking }: ReturnType<typeof openLive>,
  query: string,
  signal?: AbortSignal,
  revisionFor = ({ live: { revision } }: { live: { revision: number } }): number => revision,
) => {
  const request = new Request(`http://parasol.example/v2/api/config/shop?${query}`, signal && { signal })
  const waiting = live.wait(request, asking('shop'), revisionFor)
  const state = { done: false }
  const noted = waiting?.finally(() => {
    state.done = true
  })
  noted?.catch(() => {})
  return { state, waiting: noted }
}
const pause = (ms = 30): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('a read that waits', () => {
  it('is one that says so', () => {
    const live = openLive()
    expect(wait(live, 'platform=wait').waiting).toBeUndefined()
    expect(wait(live, 'waiting=1&revision=2').waiting).toBeUndefined()
  })

  it('is answered at once when it has another revision than it would get, newer or older', async () => {
    const live = openLive()
    live.publish({ ...snapshotOf('shop', 7), revision: 5 })
    for (const revision of [4, 6, 7]) await wait(live, `wait=60&revision=${revision}`).waiting
  })

  it('is answered when what it would get has changed, and not when that is the same still', async () => {
    const live = openLive()
    live.publish(snapshotOf('shop', 5))
    const { state, waiting } = wait(live, 'wait=60&revision=5')
    await pause()
    live.publish({ ...snapshotOf('shop', 6), revision: 5 })
    await pause()
    expect(state.done).toBe(false)
    live.publish(snapshotOf('shop', 7))
    await waiting
  })

  it('waits no longer than it may, and follows the app no longer', async () => {
    const live = openLive()
    live.publish(snapshotOf('shop', 5))
    const { state, waiting } = wait(live, 'wait=1&revision=5')
    await pause()
    expect([state.done, live.live.isFollowed('shop')]).toEqual([false, true])
    await waiting
    expect(live.live.isFollowed('shop')).toBe(false)
  })

  it('is refused as soon as the app asks for a key, and at once from then on', async () => {
    const live = openLive()
    live.publish(snapshotOf('shop', 5))
    const { waiting } = wait(live, 'wait=60&revision=5')
    await pause()
    live.publish({ ...snapshotOf('shop', 6, { access: 'key' }), revision: 5 })
    await expect(waiting).rejects.toMatchObject({ code: 'unauthorized' })
    await expect(wait(live, 'wait=60&revision=5').waiting).rejects.toMatchObject({ code: 'unauthorized' })
  })

  it('is over when its client is gone, when the app is archived, and when this process stops', async () => {
    const live = openLive()
    live.publish(snapshotOf('shop', 5))
    const client = new AbortController()
    const left = wait(live, 'wait=60&revision=5', client.signal)
    await pause()
    client.abort()
    await left.waiting
    const archived = wait(live, 'wait=60&revision=5')
    await pause()
    live.publish({ sequence: 6, state: 'archived', appId: 'shop', channel: 'stable' })
    await archived.waiting
    live.publish(snapshotOf('shop', 7))
    const stopped = wait(live, 'wait=60&revision=7')
    await pause()
    live.live.drain()
    await stopped.waiting
    await expect(wait(live, 'wait=60&revision=7').waiting).rejects.toMatchObject({ code: 'stopping' })
  })

  it('fetches what its client has seen elsewhere, and is refused where nobody has it', async () => {
    const live = openLive()
    live.publish(snapshotOf('shop', 5))
    live.store(snapshotOf('shop', 7))
    const { state, waiting } = wait(live, 'wait=60&revision=7')
    await expect.poll(() => live.held.peek('shop')?.sequence).toBe(7)
    await pause()
    expect(state.done).toBe(false)
    live.publish(snapshotOf('shop', 8))
    await waiting
    await expect(wait(live, 'wait=60&revision=99').waiting).rejects.toMatchObject({
      code: 'revision_not_here',
    })
  })

  it('is refused as a read is, and where too many are open', async () => {
    const live = openLive({ streamsPerKey: 1 })
    await expect(wait(live, 'wait=60&revision=5').waiting).rejects.toMatchObject({
      code: 'config_not_released',
    })
    live.publish(snapshotOf('shop', 5))
    wait(live, 'wait=60&revision=5')
    await expect(wait(live, 'wait=60&revision=5').waiting).rejects.toMatchObject({
      code: 'too_many_streams',
    })
  })

  it('is over where the device cannot be told apart', async () => {
    const live = openLive()
    live.publish(snapshotOf('shop', 5))
    const failing = (): number => {
      throw new Error('a bucket that is none')
    }
    await expect(wait(live, 'wait=60&revision=5', undefined, failing).waiting).rejects.toThrow('none')
    expect(live.live.isFollowed('shop')).toBe(false)
  })

  it.each(['wait=0', 'wait=61', 'wait=', 'wait=1.5', 'wait=07', 'wait=1&wait=2', 'wait=-1', 'wait=x'])(
    'is refused with 400 for %s',
    (query) => {
      const live = openLive()
      expect(() => wait(live, `${query}&revision=5`)).toThrow(
        expect.objectContaining({ code: 'invalid_parameter', status: 400 }),
      )
    },
  )

  it.each(['', '&revision=', '&revision=0', '&revision=x'])(
    'is refused with 400 for a revision that is not there or none (%s)',
    (query) => {
      const live = openLive()
      expect(() => wait(live, `wait=5${query}`)).toThrow(
        expect.objectContaining({
          errors: [expect.objectContaining({ code: 'invalid_parameter', parameter: 'revision' })],
        }),
      )
    },
  )
})
