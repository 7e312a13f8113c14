import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Purge } from '../../contract/purge.ts'
import { ask } from '../contract/ask.ts'
import { manage, type Page, publishApp, release, saveVersion } from '../contract/operator.ts'
import type { Shape } from '../contract/shapes.ts'
import { eventually } from '../eventually.ts'
import { type Program, startProgram } from '../program.ts'
import { freshDatabase } from '../stores/database.ts'
import { hasVarnish, startVarnish, type Varnish } from './varnish.ts'

describe.runIf(hasVarnish)('a real Varnish in front of Parasol', () => {
  let varnish: Varnish
  let program: Program
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let shape: Shape
  beforeAll(async () => {
    varnish = await startVarnish()
    database = await freshDatabase()
    const cdn = { PARASOL_CDN: 'varnish', PARASOL_VARNISH_URLS: varnish.url, PARASOL_SWEEP_SECONDS: '1' }
    program = await startProgram({ env: { ...cdn, DATABASE_URL: database.url } })
    shape = { ...program, processes: [program] } as unknown as Shape
    await varnish.use(program.url)
  })
  afterAll(async () => {
    await program?.stop()
    await varnish?.stop()
    await database?.drop()
  })

  const read = (appId: string, headers: Record<string, string> = {}, api = 'v1') =>
    ask(`${varnish.url}/${api}/api/config/${appId}`, { headers })
  const versionOf = async (appId: string) => {
    const answer = await read(appId)
    return `${answer.status} ${answer.json<{ configVersion: string }>().configVersion}`
  }
  const isHit = async (appId: string, headers?: Record<string, string>) =>
    String((await read(appId, headers)).headers['cache-status']).endsWith(', varnish; hit')
  const listPurges = async () => (await manage(shape, 'GET', '/purges')).json<Page<Purge>>().items

  test('what was read is a hit, until it is published anew: then the next read is new, and nothing else is asked again', async () => {
    const [{ appId }, { appId: other }] = [await publishApp(shape), await publishApp(shape)]
    // What made the apps is purged too: hits are counted when that is over.
    await eventually(async () =>
      expect((await listPurges()).filter(({ state }) => state !== 'done')).toEqual([]),
    )
    const before = await varnish.count()
    for (const id of [appId, other]) {
      for (let reads = 0; reads < 20; reads++) expect(await versionOf(id)).toBe('200 1.0.0')
    }
    // Its threads count for themselves, and tell of it a moment later.
    await eventually(async () => {
      const after = await varnish.count()
      const [hits, misses] = [after.hits - before.hits, after.misses - before.misses]
      expect({ hits, misses, rate: hits / (hits + misses) }).toEqual({ hits: 38, misses: 2, rate: 0.95 })
    })

    await saveVersion(shape, appId, '1.1.0', { on: false })
    await release(shape, appId, '1.1.0')
    await eventually(async () => expect(await versionOf(appId)).toBe('200 1.1.0'))
    expect(await isHit(other)).toBe(true)
    const { etag = '' } = (await read(appId)).headers
    expect((await read(appId, { 'if-none-match': etag })).status).toBe(304)
    await eventually(async () => {
      const [purge] = await listPurges()
      expect(purge).toMatchObject({
        cdn: `varnish ${varnish.url.slice(7)}`,
        tags: [`app-${appId}`],
        state: 'done',
        attempts: 2,
      })
    })
    // It was purged a second time: asked for again, and the same.
    expect(await isHit(appId)).toBe(false)
    expect(await isHit(appId)).toBe(true)
    expect(await versionOf(appId)).toBe('200 1.1.0')
  })

  test('what is for a key, and management, pass by', async () => {
    const { appId } = await publishApp(shape)
    await read(appId)
    const foreign = await read(appId, { 'x-api-key': 'parasol_x' })
    expect(foreign.status).toBe(401)
    expect(foreign.headers['cache-status']).toBe('varnish; fwd=bypass')
    const listed = await ask(`${varnish.url}/manage/v1/apps`, {
      headers: { authorization: `Bearer ${program.token}` },
    })
    expect(listed.status).toBe(200)
  })

  test('only who may purge does, and what is purged is still given while Parasol is away', async () => {
    expect((await ask(`${varnish.url}/`, { method: 'PURGE' })).status).toBe(400)
    const { appId } = await publishApp(shape)
    await eventually(async () => expect(await isHit(appId)).toBe(true))
    const everything = await manage(shape, 'POST', '/purge', { body: { everything: true } })
    expect(everything.json<{ cdns: string[] }>().cdns).toHaveLength(1)
    await eventually(async () =>
      expect((await listPurges()).filter(({ state }) => state !== 'done')).toEqual([]),
    )
    expect(await isHit(appId)).toBe(false)
    await manage(shape, 'POST', '/purge', { body: { everything: true } })
    await eventually(async () =>
      expect((await listPurges()).filter(({ state }) => state !== 'done')).toEqual([]),
    )
    await program.stop()
    await eventually(async () => expect(await versionOf(appId)).toBe('200 1.0.0'))
    expect(await isHit(appId)).toBe(true)
  })
})
