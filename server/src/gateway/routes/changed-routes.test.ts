import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { startBackend } from '../../../../tests/backend.ts'
import { eventually } from '../../../../tests/eventually.ts'
import { createReadiness } from '../../platform/health/readiness.ts'
import { observe } from '../../platform/http/observe.ts'
import { openLog } from '../../platform/log/open-log.ts'
import { readSettings } from '../../settings.ts'
import { createGateway } from '../service.ts'
import { readRoutes } from './read-routes.ts'

const ends: (() => unknown)[] = []
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end()
})

/** A backend whose answers, all of its name, may be kept for an hour. */
const backendOf = async (name: string): Promise<string> => {
  const { url, close } = await startBackend((_, response) => {
    response.setHeader('cache-control', 'max-age=3600')
    response.end(name)
  })
  ends.push(close)
  return url
}

/** A gateway to two backends, the first at /shop and /news. */
const open = async () => {
  const [a, b] = [await backendOf('a'), await backendOf('b')]
  const route = (prefix: string, url = a) => `{prefix: ${prefix}, cached: true, upstreams: ["${url}"]}`
  const folder = mkdtempSync(join(tmpdir(), 'parasol-test-changed-routes-'))
  const path = join(folder, 'routes.yaml')
  const write = (...routes: string[]) => writeFileSync(path, `routes: [${routes.join(', ')}]`)
  write(route('/shop'), route('/news'))
  const { log } = openLog('silent')
  const nobody = (): Response => Response.json({ revision: 1, limits: [] })
  const gateway = createGateway({
    ...{ config: nobody, isConfigApart: true, analytics: nobody, changes: undefined, counts: undefined },
    ...{ routesFile: { path, read: readRoutes }, readiness: createReadiness(), log, version: '0.0.0' },
    settings: readSettings({}),
  })
  ends.push(() => rmSync(folder, { recursive: true }), gateway.close)
  const ask = (target: string) => observe(gateway.fetch, log)(new Request(`http://front.example${target}`))
  const textOf = async (target: string) => (await ask(target)).text()
  return {
    ...{ b, route, textOf },
    stateOf: async (target: string) => (await ask(target)).headers.get('cache-status'),
    leads: async (target: string, to: string, ...routes: string[]) => {
      write(...routes)
      await eventually(async () => expect(await textOf(target)).toBe(to))
    },
  }
}

describe('what is stored of a route of the file', () => {
  it('is not given once the route leads elsewhere, nor once it leads back; of others it still is', async () => {
    const { b, route, leads, textOf, stateOf } = await open()
    expect(await textOf('/shop/1')).toBe('a')
    await textOf('/news/1')
    await leads('/shop/1', 'b', route('/shop', b), route('/news'))
    expect(await stateOf('/news/1')).toContain('hit')
    expect(await stateOf('/shop/1')).toContain('hit')
    await leads('/shop/1', 'a', route('/shop'), route('/news'))
  })

  it('is not given where a longer prefix takes its address, nor where that gives it back', async () => {
    const { b, route, leads, textOf } = await open()
    expect(await textOf('/shop/sale/1')).toBe('a')
    await leads('/shop/sale/1', 'b', route('/shop'), route('/shop/sale', b))
    await leads('/shop/sale/1', 'a', route('/shop'))
  })
})
