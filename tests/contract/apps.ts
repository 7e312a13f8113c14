import { describe, expect, it } from 'vitest'
import {
  type App,
  createApp,
  freshId,
  manage,
  type Page,
  publishApp,
  release,
  saveVersion,
} from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'

const fields = [
  'appId',
  'name',
  'kind',
  'extends',
  'access',
  'labels',
  'requiresApproval',
  'attributes',
  'pollSeconds',
  'allowedOrigins',
  'revision',
  'createdAt',
  'updatedAt',
  'archivedAt',
]

const creates = (shape: () => Shape): void => {
  it('creates an app: 201 with its address, its state as ETag and every field', async () => {
    const appId = freshId('com.example.Shop_1-x')
    const answer = await manage(shape(), 'POST', '/apps', { body: { appId, name: 'Shop' } })
    expect(answer.status).toBe(201)
    const app = answer.json<App>()
    expect(Object.keys(app)).toEqual(fields)
    expect(app).toEqual({
      appId,
      name: 'Shop',
      kind: 'app',
      extends: null,
      access: 'public',
      labels: {},
      requiresApproval: false,
      attributes: {},
      pollSeconds: null,
      allowedOrigins: null,
      revision: expect.any(Number),
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updatedAt: app.createdAt,
      archivedAt: null,
    })
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      location: `/manage/v1/apps/${appId}`,
      etag: `"${app.revision}"`,
    })
    const read = await manage(shape(), 'GET', `/apps/${appId}`)
    expect(read.text).toBe(answer.text)
    expect(read.headers.etag).toBe(`"${app.revision}"`)
  })

  it('keeps all that may be given', async () => {
    const template = await createApp(shape(), { kind: 'template' })
    const given = {
      kind: 'template',
      extends: template.appId,
      requiresApproval: true,
      access: 'key',
      labels: { team: 'Küche', 'x y': '' },
      attributes: { plan: { type: 'string', description: 'free or paid' }, build: { type: 'version' } },
      pollSeconds: 10,
      allowedOrigins: ['https://shop.example.com', 'https://*.example.org', 'capacitor://localhost'],
      name: '名'.repeat(200),
    }
    const app = await createApp(shape(), given)
    expect(app).toMatchObject(given)
    expect((await manage(shape(), 'GET', `/apps/${app.appId}`)).json()).toMatchObject(given)
  })

  it('answers 422 for who shall read it, where that is nobody', async () => {
    for (const said of [
      { access: 'team' },
      { allowedOrigins: ['https://a.example/'] },
      { allowedOrigins: '*' },
    ]) {
      const body = { appId: freshId(), name: 'Closed', ...said }
      expectProblem(await manage(shape(), 'POST', '/apps', { body }), 'invalid_field')
    }
  })

  it('answers 409 for a taken appId, also that of an archived app, and keeps the old', async () => {
    const app = await createApp(shape())
    const body = { appId: app.appId, name: 'Another' }
    expectProblem(await manage(shape(), 'POST', '/apps', { body }), 'app_exists')
    expect((await manage(shape(), 'GET', `/apps/${app.appId}`)).json()).toEqual(app)
    await manage(shape(), 'DELETE', `/apps/${app.appId}`)
    expectProblem(await manage(shape(), 'POST', '/apps', { body }), 'app_exists')
  })

  it('answers 404 for an unknown app, whatever is asked of it', async () => {
    const appId = freshId('unknown')
    const questions: [string, string, object?][] = [
      ['GET', ''],
      ['PATCH', '', { name: 'x' }],
      ['DELETE', ''],
      ['GET', '/configs'],
      ['POST', '/configs', { bump: 'major', data: {} }],
      ['GET', '/configs/1.0.0'],
      ['GET', '/releases'],
      ['POST', '/releases', { configVersion: '1.0.0' }],
    ]
    for (const [method, path, body] of questions) {
      const answer = await manage(shape(), method, `/apps/${appId}${path}`, body ? { body } : {})
      expectProblem(answer, 'app_not_found')
    }
  })
}

/** All pages of this size, one after the other. */
const listAll = async (shape: Shape, limit: number, filter = ''): Promise<App[]> => {
  const all: App[] = []
  let cursor: string | null = null
  do {
    const path: string = `/apps?limit=${limit}${filter}${cursor === null ? '' : `&cursor=${cursor}`}`
    const page: Page<App> = (await manage(shape, 'GET', path)).json<Page<App>>()
    expect(Object.keys(page)).toEqual(['items', 'nextCursor'])
    expect(page.items.length).toBeLessThanOrEqual(limit)
    all.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return all
}

const lists = (shape: () => Shape): void => {
  it('lists all apps by appId, page after page, each once', async () => {
    const made = await Promise.all(
      ['B', 'a', 'C', '0'].map((id) => createApp(shape(), { appId: freshId(id) })),
    )
    const paged = await listAll(shape(), 3)
    expect(paged).toEqual(await listAll(shape(), 200))
    const ids = paged.map((app) => app.appId)
    expect(ids).toEqual([...ids].sort())
    expect(ids).toEqual(expect.arrayContaining(made.map((app) => app.appId)))
  })

  it('lists archived apps alone, or live ones alone', async () => {
    const live = await createApp(shape())
    const gone = await createApp(shape())
    await manage(shape(), 'DELETE', `/apps/${gone.appId}`)
    const idsOf = async (filter: string) => (await listAll(shape(), 200, filter)).map((app) => app.appId)
    const [archived, living, both] = [
      await idsOf('&archived=true'),
      await idsOf('&archived=false'),
      await idsOf(''),
    ]
    expect(archived).toContain(gone.appId)
    expect(archived).not.toContain(live.appId)
    expect(living).toContain(live.appId)
    expect(living).not.toContain(gone.appId)
    expect(both).toEqual(expect.arrayContaining([live.appId, gone.appId]))
  })

  it('answers HEAD as GET without the body', async () => {
    const answer = await manage(shape(), 'HEAD', '/apps')
    expect(answer.status).toBe(200)
    expect(answer.body.byteLength).toBe(0)
  })
}

const alters = (shape: () => Shape): void => {
  it('changes the fields given and no other', async () => {
    const before = await createApp(shape(), { labels: { team: 'a', tier: '1' } })
    const body = { name: 'New name', labels: { team: 'b' } }
    const answer = await manage(shape(), 'PATCH', `/apps/${before.appId}`, { body })
    expect(answer.status).toBe(200)
    const after = answer.json<App>()
    expect(after).toEqual({ ...before, ...body, revision: after.revision, updatedAt: after.updatedAt })
    expect(after.revision).toBeGreaterThan(before.revision)
    expect(after.updatedAt > before.updatedAt).toBe(true)
    expect(answer.headers.etag).toBe(`"${after.revision}"`)
    expect((await manage(shape(), 'GET', `/apps/${before.appId}`)).json()).toEqual(after)
  })

  it('changes and archives on the condition of If-Match', async () => {
    const before = await createApp(shape())
    const path = `/apps/${before.appId}`
    const change = (ifMatch: string, name: string) =>
      manage(shape(), 'PATCH', path, { body: { name }, headers: { 'if-match': ifMatch } })
    const after = (await change(`"${before.revision}"`, 'first')).json<App>()
    const refused = await change(`"${before.revision}"`, 'second')
    expectProblem(refused, 'revision_mismatch')
    expect(refused.headers.etag).toBe(`"${after.revision}"`)
    expectProblem(await change(`W/"${after.revision}"`, 'weak'), 'revision_mismatch')
    expect((await change('*', 'third')).status).toBe(200)
    const stale = { headers: { 'if-match': `"${after.revision}"` } }
    expectProblem(await manage(shape(), 'DELETE', path, stale), 'revision_mismatch')
    const now = (await manage(shape(), 'GET', path)).json<App>()
    expect(now).toMatchObject({ name: 'third', archivedAt: null })
    const listed = { headers: { 'if-match': `"1", "${now.revision}"` } }
    expect((await manage(shape(), 'DELETE', path, listed)).status).toBe(200)
  })
}

const archives = (shape: () => Shape): void => {
  it('archives an app, which then refuses changes until it is brought back', async () => {
    const { appId } = await publishApp(shape())
    const archived = (await manage(shape(), 'DELETE', `/apps/${appId}`)).json<App>()
    expect(archived.archivedAt).toBe(archived.updatedAt)
    const again = await manage(shape(), 'DELETE', `/apps/${appId}`)
    expect(again.json()).toEqual(archived)
    const refused: [string, string, object][] = [
      ['PATCH', '', { name: 'x' }],
      ['POST', '/configs', { configVersion: '2.0.0', data: {} }],
      ['POST', '/releases', { configVersion: '1.0.0' }],
    ]
    for (const [method, path, body] of refused) {
      expectProblem(await manage(shape(), method, `/apps/${appId}${path}`, { body }), 'app_archived')
    }
    expect((await manage(shape(), 'GET', `/apps/${appId}`)).json()).toEqual(archived)
    const body = { archived: false, name: 'Back' }
    const back = (await manage(shape(), 'PATCH', `/apps/${appId}`, { body })).json<App>()
    expect(back).toMatchObject({ archivedAt: null, name: 'Back' })
    await saveVersion(shape(), appId, '2.0.0')
    await release(shape(), appId, '2.0.0')
  })
}

/** Creating, listing, reading, changing and archiving apps. */
export const apps = (shape: () => Shape): void => {
  describe('apps', () => {
    creates(shape)
    lists(shape)
    alters(shape)
    archives(shape)
  })
}
