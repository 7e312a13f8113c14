import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, createServer as createRaw, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from './eventually.ts'
import { type Program, startProgram } from './program.ts'
import { freePort } from './stores/free-port.ts'

const folder = mkdtempSync(join(tmpdir(), 'parasol-test-routes-'))
const opened: Server[] = []
afterAll(() => {
  for (const server of opened) server.close()
  rmSync(folder, { recursive: true })
})

const upstream = async (server: Server, port = 0) => {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  opened.push(server)
  const bound = (server.address() as AddressInfo).port
  const kill = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return { url: `http://127.0.0.1:${bound}`, port: bound, kill }
}

const mirror: RequestListener = async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  response.setHeader('set-cookie', ['a=1', 'b=2'])
  response.end(JSON.stringify({ url: request.url, headers: request.headers, body }))
}
const raw = (bytes: string) =>
  createRaw(
    (socket) =>
      void socket.once('data', () => socket.write(bytes, () => setTimeout(() => socket.destroy(), 50))),
  )

describe.each(['node', 'bun'] as const)('a gateway on %s', (runtime) => {
  const path = join(folder, `${runtime}.yaml`)
  let program: Program
  let first: Awaited<ReturnType<typeof upstream>>
  let urls: { second: string; nonsense: string; partial: string }
  const write = (more = ''): void =>
    writeFileSync(
      path,
      `routes:
- { prefix: /shop, upstreams: ["${first.url}", "${urls.second}"], maxUnderWay: 8 }
- { prefix: /nonsense, upstreams: ["${urls.nonsense}"] }
- { prefix: /partial, upstreams: ["${urls.partial}"] }
${more}`,
    )
  beforeAll(async () => {
    // It comes back on its port, which nobody else may be given meanwhile.
    first = await upstream(createServer(mirror), await freePort())
    urls = {
      second: (await upstream(createServer(mirror))).url,
      nonsense: (await upstream(raw('SSH-2.0\r\n\r\n'))).url,
      partial: (await upstream(raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'))).url,
    }
    write()
    const env = {
      ...{ PARASOL_SERVICES: 'gateway', PARASOL_ROUTES_FILE: path, PARASOL_LOG_LEVEL: 'info' },
      ...{ PARASOL_CONFIG_URL: `${first.url},${urls.second}`, PARASOL_ANALYTICS_URL: urls.second },
      // Nobody listens there.
      REDIS_URL: 'redis://127.0.0.1:1',
    }
    program = await startProgram({ runtime, env })
  })
  afterAll(async () => {
    await program?.stop()
  })
  const get = (target: string, init?: RequestInit) => fetch(program.url + target, init)

  it('passes requests and answers on', async () => {
    const answer = await get('/shop/a?b=1', {
      method: 'PUT',
      body: 'x'.repeat(100_000),
      headers: { 'x-a': 'ä' },
    })
    const seen = (await answer.json()) as { url: string; body: string; headers: Record<string, string> }
    expect([seen.url, seen.body.length, seen.headers['x-forwarded-for']]).toEqual([
      '/shop/a?b=1',
      100_000,
      '127.0.0.1',
    ])
    expect([answer.headers.get('via'), answer.headers.getSetCookie()]).toEqual([
      '1.1 parasol',
      ['a=1', 'b=2'],
    ])
    expect(answer.headers.get('x-request-id')).toBe(seen.headers['x-request-id'])
    expect((await get('/shopping')).status).toBe(404)
  })

  it('tells a wrong answer as 502, and never ends properly what broke off', async () => {
    const answer = await get('/nonsense')
    expect([answer.status, await answer.json()]).toMatchObject([502, { code: 'upstream_failed' }])
    const socket = connect(Number(new URL(program.url).port), '127.0.0.1').on('error', () => {})
    let got = ''
    socket.on('data', (bytes) => {
      got += bytes
    })
    socket.write('GET /partial HTTP/1.1\r\nHost: a\r\n\r\n')
    await new Promise((resolve) => socket.once('close', resolve))
    expect(got).not.toMatch(/\r\n0\r\n\r\n$/)
  })

  it('loses no read while an upstream is killed and comes back and the file changes', async () => {
    let isOver = false
    let answered = 0
    const statuses = new Set<number>()
    const reader = async (): Promise<void> => {
      while (!isOver) {
        const answer = await get('/shop')
        await answer.text()
        statuses.add(answer.status)
        answered += 1
      }
    }
    const readers = Array.from({ length: 4 }, reader)
    const some = async () => {
      const before = answered
      await eventually(() => expect(answered).toBeGreaterThan(before + 50))
    }
    await some()
    await first.kill()
    await some()
    first = { ...first, ...(await upstream(createServer(mirror), first.port)) }
    write('- { prefix: /more, upstreams: ["http://127.0.0.1:1"] }\n')
    await eventually(async () => expect((await get('/more')).status).toBe(503))
    await some()
    isOver = true
    await Promise.all(readers)
    expect([...statuses]).toEqual([200])
  })

  it('keeps its routes when the file becomes wrong, and tells each line of it', async () => {
    write('- { prefix: /v1/x, upstreams: [] }\n')
    await eventually(() => {
      expect(program.logs()).toContain('line 5: routes[3].prefix is below /v1')
      expect(program.logs()).toContain('line 5: routes[3].upstreams must have one URL')
    })
    expect((await get('/shop')).status).toBe(200)
  })

  it('shows every upstream and its own Redis in /health, without their addresses', async () => {
    const text = await (await get('/health')).text()
    expect(JSON.parse(text).services.redis).toMatchObject({ state: 'down', lastError: 'RedisUnavailable' })
    expect(JSON.parse(text).services.external_apis.upstreams).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'config', upstream: 2 }),
        expect.objectContaining({ name: 'shop', upstream: 1 }),
        expect.objectContaining({ name: 'nonsense', upstream: 1, lastError: 'broken' }),
      ]),
    )
    expect(text).not.toContain(String(first.port))
  })
})
