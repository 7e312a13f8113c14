import { describe, expect, it } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { ownStream, pieceOf } from '../../platform/http/own-stream.ts'
import { partsOf } from '../../platform/http/prepared-answer.ts'
import { gotOf, longFresh, setUp } from './edge-cache.fixture.ts'

/** A body whose pieces come when a test says so. */
const slowBody = () => {
  let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined
  const state = { isCancelled: false, pulls: 0 }
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(given) {
        controller = given
      },
      pull() {
        state.pulls += 1
      },
      cancel() {
        state.isCancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return {
    ...{ body, state },
    send: (text: string) => controller?.enqueue(Buffer.from(text)),
    end: () => controller?.close(),
    breakOff: () => controller?.error(new Error('broken off')),
  }
}

const withBody = (options = {}) => {
  const all = setUp(options)
  const slow = slowBody()
  all.replies((_, count) =>
    count === 1
      ? new Response(slow.body, { headers: { ...longFresh, 'content-type': 'text/plain' } })
      : all.answer(longFresh, 200, 'again'),
  )
  const request = () => new Request('http://shop.example/a')
  const open = () => all.cache.fetch(request(), { upstream: all.upstream })
  return { ...all, ...slow, open }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('a body on its way through the cache', () => {
  it('reaches the client piece by piece, before it is whole', async () => {
    const { open, send, end, get, asked } = withBody()
    const reader = (await open()).body?.getReader()
    send('one')
    expect(Buffer.from((await reader?.read())?.value ?? '').toString()).toBe('one')
    send('two')
    expect(Buffer.from((await reader?.read())?.value ?? '').toString()).toBe('two')
    end()
    expect((await reader?.read())?.done).toBe(true)
    expect((await get()).text).toBe('onetwo')
    expect(asked).toHaveLength(1)
  })

  it('is stored also where its client reads nothing of it', async () => {
    const { open, send, end, cache } = withBody()
    await open()
    send('one')
    end()
    await eventually(() => expect(cache.size().entries).toBe(1))
  })

  it('is stored also where its client goes away in the middle', async () => {
    const { open, send, end, get, asked, state } = withBody()
    const { body } = await open()
    send('one')
    await turn()
    await body?.cancel()
    send('two')
    end()
    await turn()
    expect((await get()).text).toBe('onetwo')
    expect(state.isCancelled).toBe(false)
    expect(asked).toHaveLength(1)
  })

  it('is not stored where it breaks off, and the client sees that it did', async () => {
    const { open, send, breakOff, get, cache } = withBody()
    const response = await open()
    send('one')
    await turn()
    breakOff()
    await expect(response.text()).rejects.toThrow('broken off')
    expect(cache.size()).toMatchObject({ entries: 0, bytes: 0 })
    expect((await get()).text).toBe('again')
  })

  it('is not stored where it is too large, and goes on at the pace of its client', async () => {
    const { open, send, cache, state } = withBody({ maxObjectBytes: 4 })
    const reader = (await open()).body?.getReader()
    send('12345')
    send('6')
    send('7')
    await turn()
    const { pulls } = state
    await turn()
    expect(state.pulls).toBe(pulls)
    const read = async () => Buffer.from((await reader?.read())?.value ?? '').toString()
    expect([await read(), await read(), await read()]).toEqual(['12345', '6', '7'])
    expect(cache.size().entries).toBe(0)
  })

  it('ends with its client where it is too large', async () => {
    const { open, send, state } = withBody({ maxObjectBytes: 4 })
    const { body } = await open()
    send('12345')
    await turn()
    await body?.cancel()
    expect(state.isCancelled).toBe(true)
  })

  it('is not even gathered where it is announced to be too large', async () => {
    const { cache, upstream, replies } = setUp({ maxObjectBytes: 4 })
    const response = new Response('12345', { headers: { ...longFresh, 'content-length': '5' } })
    replies(() => response)
    expect(await cache.fetch(new Request('http://shop.example/a'), { upstream })).toBe(response)
  })

  it('is not gathered where others on their way have taken the room for that', async () => {
    const { cache, upstream, replies } = setUp({ maxBytes: 8_000, maxObjectBytes: 1_000 })
    const slow = slowBody()
    replies((_, count) => new Response(count === 1 ? slow.body : 'y'.repeat(600), { headers: longFresh }))
    const ask = async (url: string) => cache.fetch(new Request(`http://shop.example${url}`), { upstream })
    const first = await ask('/a')
    slow.send('x'.repeat(600))
    await turn()
    expect((await gotOf(await ask('/b'))).text).toHaveLength(600)
    expect(cache.size().entries).toBe(0)
    slow.end()
    expect(await first.text()).toHaveLength(600)
    await turn()
    expect((await gotOf(await ask('/b'))).text).toHaveLength(600)
    await turn()
    expect(cache.size().entries).toBe(2)
  })

  it('is no more bytes than there is room for on their way, however many clients do not read theirs', async () => {
    const [pieceBytes, bodyBytes, clients] = [10_000, 900_000, 20]
    const { cache, upstream, replies } = setUp({ maxBytes: 8_000_000, maxObjectBytes: 1_000_000 })
    let madeBytes = 0
    const bodyOf = () => {
      let leftBytes = bodyBytes
      return new ReadableStream(
        {
          pull(controller) {
            leftBytes -= pieceBytes
            madeBytes += pieceBytes
            controller.enqueue(new Uint8Array(pieceBytes))
            if (leftBytes === 0) controller.close()
          },
        },
        { highWaterMark: 0 },
      )
    }
    replies(() => new Response(bodyOf(), { headers: longFresh }))
    const ask = async (url: string) => cache.fetch(new Request(`http://shop.example${url}`), { upstream })
    const bodies: Response[] = []
    for (let client = 0; client < clients; client += 1) bodies.push(await ask(`/${client}`))
    let beforeBytes = -1
    while (beforeBytes !== madeBytes) {
      beforeBytes = madeBytes
      for (let turns = 0; turns < 50; turns += 1) await turn()
    }
    expect(madeBytes).toBeLessThanOrEqual(1_000_000 + clients * pieceBytes)
    const lengths = await Promise.all(bodies.map(async (body) => (await body.bytes()).length))
    expect(new Set(lengths)).toEqual(new Set([bodyBytes]))
    // Once they have read, there is room again.
    const { stored } = cache.size()
    await (await ask('/later')).bytes()
    await eventually(() => expect(cache.size().stored).toBe(stored + 1))
  })

  it('is the same bytes, whatever they are', async () => {
    const { cache, upstream, replies } = setUp()
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, at) => at % 256))
    replies(() => new Response(bytes, { headers: { ...longFresh, 'content-type': 'x/y' } }))
    for (let turns = 0; turns < 2; turns += 1) {
      const response = await cache.fetch(new Request('http://shop.example/a'), { upstream })
      expect(Buffer.from(partsOf(response)?.body ?? new Uint8Array(await response.arrayBuffer()))).toEqual(
        bytes,
      )
    }
  })

  it('may be empty, or none', async () => {
    const { get, answer, replies, asked } = setUp()
    replies((request) => (request.url.endsWith('a') ? answer(longFresh, 200, '') : answer(longFresh, 204)))
    for (const url of ['/a', '/b', '/a', '/b']) expect((await get({}, url)).text).toBe('')
    expect(asked).toHaveLength(2)
    expect((await get({}, '/b')).headers.has('content-length')).toBe(false)
  })
})

describe('streams', () => {
  it('of events pass as they are', async () => {
    const { cache, upstream, replies } = setUp()
    const response = new Response('data: 1\n\n', {
      headers: { ...longFresh, 'content-type': 'text/event-stream' },
    })
    replies(() => response)
    expect(await cache.fetch(new Request('http://shop.example/a'), { upstream })).toBe(response)
    expect(cache.size().entries).toBe(0)
  })

  it('that own their connection pass as they are, and nobody waits for their end', async () => {
    const { cache, upstream, replies, asked } = setUp()
    const stream = {
      open: (outlet: { end(piece: ReturnType<typeof pieceOf>): void }) => outlet.end(pieceOf('x')),
      closed() {},
    }
    replies(() => ownStream({ 'content-type': 'text/event-stream', ...longFresh }, stream))
    const ask = async () => cache.fetch(new Request('http://shop.example/a'), { upstream })
    const [one, two] = await Promise.all([ask(), ask()])
    expect(asked).toHaveLength(2)
    expect(await one?.text()).toBe('x')
    expect(await two?.text()).toBe('x')
  })
})
