import type { RequestListener } from 'node:http'
import { expect, it } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import { httpUpstream, poolOf, rawUpstream } from './upstream.fixture.ts'

const named =
  (name: string): RequestListener =>
  (request, response) => {
    request.resume()
    response.end(name)
  }
const two = async () => [await httpUpstream(named('a')), await httpUpstream(named('b'))] as const
const text = async (answer: Promise<Response>): Promise<string> => (await answer).text()
const post = { method: 'POST', body: 'x' }

/** Asks from many sides until it is told to stop; resolves with what was answered, and what failed. */
const underLoad = (ask: () => Promise<Response>) => {
  let isOver = false
  const answers: string[] = []
  const failures: unknown[] = []
  const reader = async (): Promise<void> => {
    while (!isOver) {
      await text(ask()).then(
        (answer) => answers.push(answer),
        (error) => failures.push(error),
      )
    }
  }
  const readers = Array.from({ length: 16 }, reader)
  const stop = async () => {
    isOver = true
    await Promise.all(readers)
    return failures
  }
  return { answers, stop }
}

it('loses no read while one of them is killed and comes back', async () => {
  const [a, b] = await two()
  const { ask } = poolOf([a.url, b.url])
  const { answers, stop } = underLoad(ask)
  const heardOf = (name: string) => eventually(() => expect(answers.splice(0)).toContain(name))
  for (let round = 0; round < 2; round += 1) {
    await heardOf('a')
    await a.kill()
    await heardOf('b')
    const back = await httpUpstream(named('a'), a.port)
    a.kill = back.kill
    await heardOf('a')
  }
  expect(await stop()).toEqual([])
})

it('gives what has less to do what comes next', async () => {
  const held = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  const slow = await httpUpstream(async (_, response) => {
    reached.resolve()
    await held.promise
    response.end('slow')
  })
  const fast = await httpUpstream(named('fast'))
  const { ask } = poolOf([slow.url, fast.url])
  const first: Promise<string>[] = []
  let isReached = false
  void reached.promise.then(() => {
    isReached = true
  })
  while (!isReached) {
    first.push(text(ask()))
    await Promise.race([first.at(-1), reached.promise])
  }
  for (let i = 0; i < 20; i += 1) expect(await text(ask())).toBe('fast')
  held.resolve()
  expect(await first.at(-1)).toBe('slow')
})

it('sends also a write elsewhere when nobody took it, and never one that was taken', async () => {
  const gone = await httpUpstream(named('gone'))
  await gone.kill()
  const b = await httpUpstream(named('b'))
  const { ask } = poolOf([gone.url, b.url])
  expect(await Promise.all(Array.from({ length: 8 }, () => text(ask('/', post))))).toEqual(
    new Array<string>(8).fill('b'),
  )

  let taken = 0
  const breaking: RequestListener = (request) => {
    taken += 1
    request.socket.destroy()
  }
  const [c, d] = [await httpUpstream(breaking), await httpUpstream(breaking)]
  await expect(poolOf([c.url, d.url]).ask('/', post)).rejects.toMatchObject({ status: 503 })
  expect(taken).toBe(1)
})

it('leaves one that says it is stopping at once, and asks another instead', async () => {
  let asked = 0
  const stopping = await httpUpstream((_, response) => {
    asked += 1
    response.writeHead(503, { 'content-type': 'application/problem+json' }).end('{"code":"stopping"}')
  })
  const b = await httpUpstream(named('b'))
  const { ask, upstreams } = poolOf([stopping.url, b.url], { now: () => 0 })
  for (let i = 0; i < 20; i += 1) expect(await text(ask())).toBe('b')
  expect(asked).toBeLessThanOrEqual(1)
  expect(upstreams()[1]).toMatchObject({ state: 'ok' })
  const alone = await poolOf([stopping.url]).ask()
  expect([alone.status, await alone.text()]).toEqual([503, '{"code":"stopping"}'])
})

it('repeats no more than its budget allows, and no request more often than it should', async () => {
  let asked = 0
  const breaking = (socket: { destroy(): void }): void => {
    asked += 1
    socket.destroy()
  }
  const all = await Promise.all([1, 2, 3, 4].map(() => rawUpstream(breaking)))
  const urls = all.map(({ url }) => url)
  const { ask } = poolOf(urls, { now: () => 0, isForeign: true })
  await expect(ask()).rejects.toMatchObject({ code: 'upstream_failed' })
  expect(asked).toBe(3)
  const none = poolOf(urls, { retries: 0, isForeign: true })
  await expect(none.ask()).rejects.toMatchObject({ code: 'upstream_failed' })
  expect(asked).toBe(4)
})

it('asks none that its health check finds ill, and asks it again when it is well', async () => {
  let isWell = true
  const checked: string[] = []
  const changes: [number, boolean][] = []
  const a = await httpUpstream((request, response) => {
    if (request.url !== '/base/healthz') return response.end('a')
    checked.push(request.url)
    response.writeHead(isWell ? 204 : 500).end()
  })
  const b = await httpUpstream((request, response) => {
    response.writeHead(200).end(request.url === '/healthz' ? '' : 'b')
  })
  const { ask, upstreams, close } = poolOf([`${a.url}/base`, b.url], {
    health: { path: '/healthz', intervalMs: 20 },
    changed: (upstream, isHealthy) => changes.push([upstream, isHealthy]),
  })
  await eventually(() => expect(checked.length).toBeGreaterThan(1))
  isWell = false
  await eventually(() => expect(upstreams()[0]).toMatchObject({ state: 'down' }))
  for (let i = 0; i < 10; i += 1) expect(await text(ask())).toBe('b')
  isWell = true
  await eventually(() => expect(upstreams()[0]).toMatchObject({ state: 'ok' }))
  await eventually(async () => expect(await text(ask())).toBe('a'))
  expect(changes.map(([upstream]) => upstream)).not.toContain(2)
  expect(changes.slice(0, 2)).toEqual([
    [1, false],
    [1, true],
  ])
  close()
})

it('asks one that is not ready no more, from the first 503 of its health check on', async () => {
  const a = await httpUpstream((_, response) => response.writeHead(503).end())
  const { upstreams } = poolOf([a.url], { health: { path: '/readyz', intervalMs: 20 } })
  await eventually(() => expect(upstreams()[0]).toMatchObject({ state: 'down', lastError: null }))
})

it('refuses more at a time than it may, and takes the next when one is over', async () => {
  const held = Promise.withResolvers<void>()
  const { url } = await httpUpstream(async (_, response) => {
    response.write('begin')
    await held.promise
    response.end()
  })
  const { ask } = poolOf([url], { mostUnderWay: 2 })
  // The headers alone are no answer: what is still under way counts.
  const answers = await Promise.all([ask(), ask()])
  await expect(ask()).rejects.toMatchObject({
    code: 'route_busy',
    status: 503,
    headers: { 'retry-after': '1' },
  })
  held.resolve()
  await Promise.all(answers.map((answer) => answer.text()))
  await eventually(async () => expect((await ask()).status).toBe(200))
})

it('keeps places for requests whose bodies are not slow', async () => {
  const { url } = await httpUpstream((request, response) => {
    request.resume().on('end', () => response.end('whole'))
  })
  const { ask } = poolOf([url], { mostUnderWay: 4 })
  const uploads: ReadableStreamDefaultController[] = []
  const upload = () => {
    const body = new ReadableStream({ start: (controller) => void uploads.push(controller) })
    return ask('/', { method: 'POST', body, duplex: 'half' } as RequestInit)
  }
  const slow = [upload(), upload(), upload()]
  await expect(upload()).rejects.toMatchObject({ code: 'route_busy' })
  expect(await text(ask())).toBe('whole')
  for (const controller of uploads) controller.close()
  expect(await Promise.all(slow.map(text))).toEqual(['whole', 'whole', 'whole'])
  expect(await text(ask('/', post))).toBe('whole')
})

it('closes its connections after the last request when it is no longer used', async () => {
  const held = Promise.withResolvers<void>()
  let sockets = 0
  const { url } = await httpUpstream(async (request, response) => {
    sockets += 1
    request.socket.on('close', () => {
      sockets -= 1
    })
    if (request.url === '/slow') await held.promise
    response.end('whole')
  })
  const { ask, retire } = poolOf([url])
  const slow = text(ask('/slow'))
  await eventually(() => expect(sockets).toBe(1))
  const retired = retire()
  held.resolve()
  expect(await slow).toBe('whole')
  await retired
  await eventually(() => expect(sockets).toBe(0))
  // One that chose it just before is served yet.
  expect(await text(ask('/late'))).toBe('whole')
  await eventually(() => expect(sockets).toBe(0))
})
