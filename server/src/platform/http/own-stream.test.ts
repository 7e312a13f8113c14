import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { listen } from './listen-node.ts'
import { type Outlet, ownStream, pieceOf, waitingMost } from './own-stream.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A source that hands its outlet over and notes how often it was told of the end. */
const source = () => {
  const opened = Promise.withResolvers<Outlet>()
  const closed = Promise.withResolvers<void>()
  const told = { closed: 0 }
  const stream = {
    open: opened.resolve,
    closed: () => {
      told.closed += 1
      closed.resolve()
    },
  }
  return { stream, opened: opened.promise, closed: closed.promise, told }
}

/** A server that answers `/stream` with this source, and anything else with `hello`. */
const serve = async (
  stream: ReturnType<typeof source>['stream'],
  { silenceMs, before }: { silenceMs?: number; before?: Promise<unknown> } = {},
) => {
  const peer = async (request: Request): Promise<Response> => {
    if (!request.url.endsWith('/stream')) return new Response('hello')
    await before
    return ownStream({ 'content-type': 'text/event-stream', 'x-own': 'yes' }, stream)
  }
  const options = {
    host: '127.0.0.1',
    port: 0,
    onUnreadable: () => {},
    ...(silenceMs && { limits: { silenceMs } }),
  }
  const listener = await listen(peer, options)
  ends.push(() => listener.close(0))
  return { port: Number(new URL(listener.url).port), close: listener.close }
}

const request = (path: string, version = '1.1'): string => `GET ${path} HTTP/${version}\r\nHost: x\r\n\r\n`

const ask = (port: number, text: string): { client: Socket; received: () => string } => {
  const client = connect(port, '127.0.0.1')
  let received = ''
  client.on('data', (piece) => {
    received += piece
  })
  client.on('error', () => {})
  client.write(text)
  ends.push(() => client.destroy())
  return { client, received: () => received }
}

describe('a stream on its own connection', () => {
  it('sends each piece at once as a chunk, and ends properly with the last one', async () => {
    const { stream, opened, closed, told } = source()
    const { port } = await serve(stream)
    const { client, received } = ask(port, request('/stream'))
    const outlet = await opened
    outlet.send(pieceOf('one'))
    await expect.poll(received).toContain('\r\n\r\n3\r\none\r\n')
    expect(received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(received().match(/^date:/gim)).toHaveLength(1)
    for (const line of ['content-type: text/event-stream', 'x-own: yes', 'Transfer-Encoding: chunked']) {
      expect(received()).toContain(`${line}\r\n`)
    }
    outlet.send(pieceOf('grün'))
    outlet.end(pieceOf('two'))
    outlet.send(pieceOf('never'))
    await once(client, 'close')
    expect(received().endsWith('5\r\ngr\u00fcn\r\n3\r\ntwo\r\n0\r\n\r\n')).toBe(true)
    await closed
    expect(told.closed).toBe(1)
  })

  it('is told when its reader goes, whether it says goodbye or not', async () => {
    for (const leave of [(client: Socket) => client.end(), (client: Socket) => client.resetAndDestroy()]) {
      const { stream, opened, closed, told } = source()
      const { port } = await serve(stream)
      const { client, received } = ask(port, request('/stream'))
      const outlet = await opened
      outlet.send(pieceOf('one'))
      await expect.poll(received).toContain('one')
      leave(client)
      await closed
      outlet.send(pieceOf('two'))
      outlet.end()
      expect(told.closed).toBe(1)
    }
  })

  it('is told too when its reader is gone before it has begun', async () => {
    const { stream, closed, told } = source()
    const gone = Promise.withResolvers<void>()
    const { port } = await serve(stream, { before: gone.promise })
    const { client } = ask(port, request('/stream'))
    await once(client, 'connect')
    client.resetAndDestroy()
    setTimeout(gone.resolve, 100)
    await closed
    expect(told.closed).toBe(1)
  })

  it('sends a piece that is longer than what may wait, whole', async () => {
    const { stream, opened } = source()
    const { port } = await serve(stream)
    const { client, received } = ask(port, request('/stream'))
    client.pause()
    const outlet = await opened
    const long = 'x'.repeat(16 * 2 ** 20)
    outlet.send(pieceOf(long))
    client.resume()
    await expect.poll(() => received().length, { timeout: 20_000 }).toBeGreaterThan(long.length)
    outlet.send(pieceOf('one'))
    await expect.poll(() => received().endsWith('one\r\n')).toBe(true)
  })

  it('cuts off a reader who takes nothing', async () => {
    const { stream, opened, closed } = source()
    const { port } = await serve(stream)
    const { client } = ask(port, request('/stream'))
    client.pause()
    const outlet = await opened
    const piece = pieceOf('x'.repeat(waitingMost))
    const sending = setInterval(() => outlet.send(piece), 1)
    ends.push(() => clearInterval(sending))
    await closed
  })

  it('outlives the silence that other answers are broken off for', async () => {
    const { stream, opened } = source()
    const { port } = await serve(stream, { silenceMs: 50 })
    const { received } = ask(port, request('/stream'))
    const outlet = await opened
    await new Promise((resolve) => setTimeout(resolve, 300))
    outlet.send(pieceOf('late'))
    await expect.poll(received).toContain('late')
  })

  it('keeps the server open no longer than its end', async () => {
    const { stream, opened } = source()
    const { port, close } = await serve(stream)
    const { received } = ask(port, request('/stream'))
    const outlet = await opened
    const closing = close(60_000)
    outlet.end(pieceOf('bye'))
    await closing
    await expect.poll(received).toContain('bye')
  })

  it('takes no notice of what the reader sends after its request', async () => {
    const { stream, opened } = source()
    const { port } = await serve(stream)
    const { client, received } = ask(port, `${request('/stream')}${request('/other')}`)
    const outlet = await opened
    client.write(request('/other').repeat(100))
    outlet.send(pieceOf('one'))
    await expect.poll(received).toContain('one')
    expect(received()).not.toContain('hello')
  })
})

describe('a stream on a connection', () => {
  it('comes after the answers before it', async () => {
    const { stream, opened, closed } = source()
    const { port } = await serve(stream)
    const { client, received } = ask(port, `${request('/other')}${request('/stream')}`)
    const outlet = await opened
    outlet.send(pieceOf('one'))
    await expect.poll(received).toMatch(/hello.*one/s)
    client.destroy()
    await closed
  })

  it('has no chunks for a client that knows none, and ends with its connection', async () => {
    const { stream, opened, told } = source()
    const { port } = await serve(stream)
    const { client, received } = ask(port, request('/stream', '1.0'))
    const outlet = await opened
    outlet.send(pieceOf('one'))
    await expect.poll(received).toMatch(/\r\n\r\none$/)
    expect(received()).not.toMatch(/transfer-encoding/i)
    outlet.end(pieceOf('two'))
    await once(client, 'close')
    expect(received()).toMatch(/\r\n\r\nonetwo$/)
    await expect.poll(() => told.closed).toBe(1)
  })
})

describe('a stream as a body', () => {
  const read = (response: Response) => response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>
  const text = async (reader: ReadableStreamDefaultReader<Uint8Array>) => {
    const { value, done } = await reader.read()
    return done ? undefined : new TextDecoder().decode(value)
  }

  it('opens when it is read, and closes when nobody reads any more', async () => {
    const { stream, opened, told } = source()
    const reader = read(ownStream({}, stream))
    const first = text(reader)
    ;(await opened).send(pieceOf('one'))
    expect(await first).toBe('one')
    await reader.cancel()
    expect(told.closed).toBe(1)
  })

  it('ends with its last piece', async () => {
    const { stream, opened, told } = source()
    const reader = read(ownStream({}, stream))
    const first = text(reader)
    const outlet = await opened
    outlet.end(pieceOf('last'))
    outlet.cut()
    expect([await first, await text(reader)]).toEqual(['last', undefined])
    expect(told.closed).toBe(1)
  })

  it('breaks off where too much waits', async () => {
    const { stream, opened, told } = source()
    const reader = read(ownStream({}, stream))
    const first = text(reader)
    const outlet = await opened
    outlet.send(pieceOf('one'))
    await first
    outlet.send(pieceOf('x'.repeat(waitingMost + 1)))
    outlet.send(pieceOf('never'))
    await expect(text(reader)).rejects.toThrow('too slow')
    expect(told.closed).toBe(1)
  })

  it('closes also where it was never read', async () => {
    const { stream, told } = source()
    await ownStream({}, stream).body?.cancel()
    expect(told.closed).toBe(1)
  })
})
