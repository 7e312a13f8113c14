import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type Backend, startBackend } from '../../../../tests/backend.ts'
import { eventually } from '../../../../tests/eventually.ts'
import { openLog } from '../../platform/log/open-log.ts'
import { openRoutes, type Routes } from './open-routes.ts'
import { ownRoutes, pagesRoute } from './own-routes.ts'
import { readRoutes } from './read-routes.ts'

const folder = mkdtempSync(join(tmpdir(), 'parasol-test-routes-'))
const opened: (() => void)[] = [() => rmSync(folder, { recursive: true, force: true })]
afterEach(() => {
  for (const close of opened.splice(1)) close()
})

const upstream = async (listener: RequestListener): Promise<Backend> => {
  const backend = await startBackend(listener)
  opened.push(backend.close)
  return backend
}

const pages = (): Response => new Response('pages')
const path = join(folder, 'routes.yaml')
/** Replaced as a whole, as editors and orchestrators do. */
const write = (text: string): void => {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}
const open = (text: string): Routes => {
  write(text)
  const { log } = openLog('silent')
  const own = ownRoutes({
    config: pages,
    management: pages,
    analytics: pages,
    numbers: pages,
    pages,
    isApart: true,
  })
  const routes = openRoutes({ own, fallback: pagesRoute(pages, ''), file: { path, read: readRoutes }, log })
  opened.push(routes.close)
  return routes
}
const fileOf = (url: string, more = ''): string => `routes: [{prefix: /shop, upstreams: ["${url}"]${more}}]`
const ask = async (routes: Routes, target: string): Promise<string> => {
  const answer = await routes.match(target).peer(new Request(`http://front.example${target}`))
  return answer.text()
}

it('loses no request while the file leads elsewhere again and again', async () => {
  const a = await upstream((_, response) => response.end('a'))
  const b = await upstream((_, response) => response.end('b'))
  const routes = open(fileOf(a.url))
  const answers: string[] = []
  let isOver = false
  const reader = async (): Promise<void> => {
    while (!isOver) answers.push(await ask(routes, '/shop/1'))
  }
  const readers = Array.from({ length: 8 }, reader)
  for (let round = 0; round < 3; round += 1) {
    for (const [name, { url }] of Object.entries({ b, a })) {
      expect(routes.reload(fileOf(url))).toBe(true)
      answers.length = 0
      await eventually(() => expect(answers).toContain(name))
    }
  }
  isOver = true
  await expect(Promise.all(readers)).resolves.toHaveLength(8)
})

it('lets a request finish where it was sent, though the file leads elsewhere meanwhile, and then closes', async () => {
  const held = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  let sockets = 0
  const a = await upstream(async (_, response) => {
    response.write('from ')
    reached.resolve()
    await held.promise
    response.end('a')
  })
  a.server.on('connection', (socket) => {
    sockets += 1
    socket.on('close', () => {
      sockets -= 1
    })
  })
  const routes = open(fileOf(a.url))
  const answer = ask(routes, '/shop')
  await reached.promise
  routes.reload('routes: []')
  expect(await ask(routes, '/shop')).toBe('pages')
  held.resolve()
  expect(await answer).toBe('from a')
  await eventually(() => expect(sockets).toBe(0))
})

it('keeps the table that there is when the file becomes wrong, and takes it when it is right again', async () => {
  const a = await upstream((_, response) => response.end('a'))
  const b = await upstream((_, response) => response.end('b'))
  const routes = open(fileOf(a.url))
  expect(routes.reload(fileOf('ftp://a'))).toBe(false)
  expect(routes.reload('routes: [')).toBe(false)
  expect(await ask(routes, '/shop')).toBe('a')
  // Seen without being told.
  write(fileOf('nonsense'))
  rmSync(path)
  write(fileOf(b.url))
  await eventually(async () => expect(await ask(routes, '/shop')).toBe('b'))
})

it('keeps what it knows of upstreams whose route stays as it is', async () => {
  const a = await upstream((request) => request.socket.destroy())
  const routes = open(fileOf(a.url))
  await expect(ask(routes, '/shop')).rejects.toMatchObject({ code: 'upstream_failed' })
  const more = `${fileOf(a.url).slice(0, -1)}, {prefix: /other, upstreams: ["${a.url}"]}]`
  expect(routes.reload(more)).toBe(true)
  expect(routes.upstreams()).toMatchObject([
    { name: 'shop', upstreams: [{ lastError: 'broken' }] },
    { name: 'other', upstreams: [{ lastError: null }] },
  ])
})

it('tells of each route what those before its upstream need', () => {
  const routes = open(
    fileOf('http://127.0.0.1:1', ', policy: heavy, auth: key, cached: true, maxBodyBytes: 9'),
  )
  expect(routes.match('/shop/a')).toMatchObject({
    ...{ name: 'shop', prefix: '/shop', policy: 'heavy', auth: 'key', isCached: true, maxBodyBytes: 9 },
  })
})

it('leaves other routes alone when one has all under way that it may', async () => {
  const held = Promise.withResolvers<void>()
  const slow = await upstream(async (_, response) => {
    await held.promise
    response.end('slow')
  })
  const routes = open(
    `routes: [{prefix: /slow, upstreams: ["${slow.url}"], maxUnderWay: 1}, {prefix: /, upstreams: ["${slow.url}"]}]`,
  )
  const first = ask(routes, '/slow')
  await expect(ask(routes, '/slow')).rejects.toMatchObject({ code: 'route_busy' })
  const other = ask(routes, '/')
  held.resolve()
  expect([await first, await other]).toEqual(['slow', 'slow'])
})

it.each([fileOf('nonsense'), undefined])('refuses to start on a file that is wrong or not there', (text) => {
  if (text === undefined)
    expect(() =>
      openRoutes({ ...missing(), file: { path: join(folder, 'none'), read: readRoutes } }),
    ).toThrow('ENOENT')
  else expect(() => open(text)).toThrow('line 1: routes[0].upstreams[0] must be a URL')
})

const missing = () => ({
  ...{ own: [], fallback: pagesRoute(pages, ''), log: openLog('silent').log },
})
