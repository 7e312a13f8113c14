import { describe, expect, it } from 'vitest'
import { change, goesLive, liveOn, makeApp, makeTemplate, publish } from './chain.ts'
import {
  type App,
  as,
  createApp,
  createKey,
  freshId,
  manage,
  publishApp,
  readAudit,
  readConfig,
  saveVersion,
} from './operator.ts'
import { expectProblem, places } from './problem.ts'
import { schemaBounds } from './schema-bounds.ts'
import { putSchema, readSchema, saveData, setSchema } from './schema-calls.ts'
import { schemaRefusals } from './schema-refusals.ts'
import type { Shape } from './shapes.ts'

const setting = (shape: () => Shape): void => {
  it('sets, shows and removes a schema: each draws the next revision of the app and is audited whole', async () => {
    const app = await createApp(shape())
    const none = await manage(shape(), 'GET', `/apps/${app.appId}/schema`)
    expect(none.json()).toEqual({ appId: app.appId, schema: null, inherited: [] })
    expect(none.headers.etag).toBe(`"${app.revision}"`)

    const schema = { type: 'object', required: ['apiUrl'], properties: { apiUrl: { type: 'string' } } }
    const answer = await putSchema(shape(), app.appId, schema, { reason: 'No app without an address' })
    expect(answer.status, answer.text).toBe(200)
    const settled = { appId: app.appId, schema, inherited: [] }
    expect(answer.json()).toEqual({ ...settled, dryRun: false, checked: 0, broken: 0, breaks: [] })
    const { revision } = (await manage(shape(), 'GET', `/apps/${app.appId}`)).json<App>()
    expect(revision).toBeGreaterThan(app.revision)
    expect(answer.headers.etag).toBe(`"${revision}"`)
    expect(await readSchema(shape(), app.appId)).toEqual(settled)

    const removed = await manage(shape(), 'DELETE', `/apps/${app.appId}/schema`)
    expect(removed.status).toBe(200)
    expect(removed.json()).toEqual({ ...settled, schema: null })
    const rows = (await readAudit(shape(), app.appId)).filter(({ action }) => action.startsWith('schema.'))
    expect(rows).toMatchObject([
      { action: 'schema.remove', before: { schema }, after: null },
      { action: 'schema.set', before: null, after: { schema }, reason: 'No app without an address' },
    ])
  })

  it('answers 404 for unknown apps and for a schema that is not there, 409 for archived apps', async () => {
    const unknown = freshId()
    const { appId } = await createApp(shape())
    for (const method of ['GET', 'DELETE']) {
      expectProblem(await manage(shape(), method, `/apps/${unknown}/schema`), 'app_not_found')
    }
    expectProblem(await putSchema(shape(), unknown, {}), 'app_not_found')
    expectProblem(await manage(shape(), 'DELETE', `/apps/${appId}/schema`), 'schema_not_found')
    await manage(shape(), 'DELETE', `/apps/${appId}`)
    expectProblem(await putSchema(shape(), appId, {}), 'app_archived')
    expectProblem(await manage(shape(), 'DELETE', `/apps/${appId}/schema`), 'app_archived')
  })

  it('answers 412 where the app has changed since it was read', async () => {
    const app = await createApp(shape())
    const first = { 'if-match': `"${app.revision}"` }
    expect((await putSchema(shape(), app.appId, {}, {}, first)).status).toBe(200)
    expectProblem(await putSchema(shape(), app.appId, { type: 'object' }, {}, first), 'revision_mismatch')
    const removal = await manage(shape(), 'DELETE', `/apps/${app.appId}/schema`, { headers: first })
    expectProblem(removal, 'revision_mismatch')
    expect((await readSchema(shape(), app.appId)).schema).toEqual({})
  })

  it('is read by viewers and set by editors, of their apps alone', async () => {
    const { appId } = await createApp(shape())
    const [viewer, editor, other] = await Promise.all([
      createKey(shape(), { role: 'viewer' }),
      createKey(shape(), { role: 'editor' }),
      createKey(shape(), { role: 'admin', appIds: [freshId()] }),
    ])
    expect((await readSchema(as(shape(), viewer), appId)).schema).toBeNull()
    expectProblem(await putSchema(as(shape(), viewer), appId, {}), 'forbidden')
    expectProblem(await putSchema(as(shape(), other), appId, {}), 'forbidden')
    expectProblem(await manage(as(shape(), other), 'GET', `/apps/${appId}/schema`), 'forbidden')
    expect((await putSchema(as(shape(), editor), appId, {})).status).toBe(200)
    expectProblem(await putSchema(as(shape(), editor), appId, {}, { force: true }), 'forbidden')
    expectProblem(await manage(as(shape(), viewer), 'DELETE', `/apps/${appId}/schema`), 'forbidden')
  })

  it('refuses other bodies', async () => {
    const { appId } = await createApp(shape())
    const refusals: [object, Parameters<typeof expectProblem>[1], string][] = [
      [{}, 'missing_field', 'missing_field /schema'],
      [{ schema: true }, 'invalid_field', 'invalid_field /schema'],
      [{ schema: {}, extra: 1 }, 'unknown_field', 'unknown_field /extra'],
      [{ schema: {}, force: 1 }, 'invalid_field', 'invalid_field /force'],
    ]
    for (const [body, code, place] of refusals) {
      const answer = await manage(shape(), 'PUT', `/apps/${appId}/schema`, { body })
      expect(places(expectProblem(answer, code))).toEqual([place])
    }
  })
}

const holding = (shape: () => Shape): void => {
  it('refuses a version that breaks it, with every place and in words', async () => {
    const { appId } = await createApp(shape())
    await setSchema(shape(), appId, {
      required: ['apiUrl'],
      properties: {
        apiUrl: true,
        theme: { properties: { 'primary/dark': { type: 'string', pattern: '^#[0-9a-f]{6}$' } } },
        retries: { type: 'integer', maximum: 5 },
        since: { format: 'date' },
      },
      additionalProperties: false,
    })
    const answer = await saveData(shape(), appId, '1.0.0', {
      theme: { 'primary/dark': 'black' },
      retries: 9,
      since: '2026-02-30',
      extra: 1,
    })
    const expected = [
      { code: 'schema_violation', pointer: '/data/apiUrl', detail: 'is missing' },
      { code: 'schema_violation', pointer: '/data/extra', detail: 'is not a key that the schema allows' },
      {
        code: 'schema_violation',
        pointer: '/data/theme/primary~1dark',
        detail: 'must match the pattern "^#[0-9a-f]{6}$"',
      },
      { code: 'schema_violation', pointer: '/data/retries', detail: 'must be <= 5' },
      { code: 'schema_violation', pointer: '/data/since', detail: 'must be written as the format "date"' },
    ]
    const { errors } = expectProblem(answer, 'schema_violation')
    expect(errors).toHaveLength(expected.length)
    expect(errors).toEqual(expect.arrayContaining(expected))
    expectProblem(await manage(shape(), 'GET', `/apps/${appId}/configs/1.0.0`), 'version_not_found')
    await saveVersion(shape(), appId, '1.0.0', { apiUrl: 'x', retries: 5 })
  })

  it('refuses the release of a version from before it, and leaves what is live', async () => {
    const { appId } = await publishApp(shape(), { a: 1 })
    await saveVersion(shape(), appId, '2.0.0', { a: 'x' })
    await setSchema(shape(), appId, { properties: { a: { type: 'number' } } })
    const problem = expectProblem(
      await publish(shape(), appId, { configVersion: '2.0.0' }),
      'schema_violation',
    )
    expect(problem.errors).toEqual([
      {
        code: 'schema_violation',
        pointer: '/data/a',
        detail: `${appId} (stable, 2.0.0): must be number, and is string`,
      },
    ])
    expect(await liveOn(shape(), appId)).toEqual(['1.0.0', null])
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { a: 1 } })
  })

  it('holds for what three levels make together; keys may be missing where others add them', async () => {
    const root = await makeTemplate(shape())
    const middle = await makeTemplate(shape(), root)
    const app = await makeApp(shape(), middle)
    const rootSchema = { required: ['a', 'b', 'c'], properties: { a: { type: 'number' } } }
    const middleSchema = { properties: { b: { type: 'number' } } }
    await setSchema(shape(), root, rootSchema)
    await setSchema(shape(), middle, middleSchema)
    expect(await readSchema(shape(), app)).toEqual({
      appId: app,
      schema: null,
      inherited: [
        { appId: middle, schema: middleSchema },
        { appId: root, schema: rootSchema },
      ],
    })
    expectProblem(await saveData(shape(), root, '1.0.0', { a: 'x' }), 'schema_violation')
    await goesLive(shape(), root, '1.0.0', { a: 1 })
    await goesLive(shape(), middle, '1.0.0', { b: 1 })
    expect(
      places(expectProblem(await saveData(shape(), app, '1.0.0', { a: 'x' }), 'schema_violation')),
    ).toEqual(['schema_violation /data/c', 'schema_violation /data/a'])
    await goesLive(shape(), app, '1.0.0', { c: 1 })
    expect((await readConfig(shape(), app)).json()).toMatchObject({ data: { a: 1, b: 1, c: 1 } })
  })

  it('holds at every depth where schemas refer to themselves, each to its own', async () => {
    const template = await makeTemplate(shape())
    const { appId: app } = await createApp(shape(), { extends: template })
    const menu = { type: 'object', properties: { title: { type: 'string' }, menu: { $ref: '#' } } }
    await setSchema(shape(), template, menu)
    await setSchema(shape(), app, {
      $id: 'https://example.com/menu',
      $anchor: 'top',
      properties: { menu: { $ref: '#top' }, title: { maxLength: 3 } },
    })
    await goesLive(shape(), template, '1.0.0', { title: 'All' })
    const answer = await saveData(shape(), app, '1.0.0', { menu: { menu: { title: 'Four', menu: 1 } } })
    const { errors } = expectProblem(answer, 'schema_violation')
    expect(errors).toEqual([
      {
        code: 'schema_violation',
        pointer: '/data/menu/menu/title',
        detail: 'must NOT have more than 3 characters',
      },
      {
        code: 'schema_violation',
        pointer: '/data/menu/menu/menu',
        detail: `must be object, and is number (schema of ${template})`,
      },
    ])
    await goesLive(shape(), app, '1.0.0', { menu: { menu: { title: 'Ten', menu: {} } } })
  })

  it('refuses a release of a template as a whole for one of its apps, which is named', async () => {
    const template = await makeTemplate(shape())
    await goesLive(shape(), template, '1.0.0', { limit: 1 })
    const [good, bad] = [await makeApp(shape(), template), await makeApp(shape(), template)]
    for (const app of [good, bad]) await goesLive(shape(), app, '1.0.0', { own: 1 })
    await setSchema(shape(), bad, { properties: { limit: { maximum: 5 } } })
    await saveVersion(shape(), template, '2.0.0', { limit: 9, more: 1 })
    const answer = await publish(shape(), template, { configVersion: '2.0.0' })
    const problem = expectProblem(answer, 'schema_violation')
    expect(problem.detail).toContain('1 of 3 configs')
    expect(problem.errors).toMatchObject([{ pointer: '/data/limit', detail: expect.stringContaining(bad) }])
    for (const app of [good, bad]) {
      expect(await liveOn(shape(), app)).toEqual(['1.0.0', '1.0.0'])
      expect((await readConfig(shape(), app)).json()).toMatchObject({ data: { limit: 1 } })
    }
  })

  it('holds for an app that moves below it from its next release on', async () => {
    const template = await makeTemplate(shape())
    await goesLive(shape(), template, '1.0.0', { on: true })
    await setSchema(shape(), template, { properties: { a: { type: 'number' } } })
    const { appId } = await publishApp(shape(), { a: 'x' })
    expect((await change(shape(), appId, { extends: template })).status).toBe(200)
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { a: 'x' } })
    expectProblem(await publish(shape(), appId, { configVersion: '1.0.0' }), 'schema_violation')
  })
}

const changing = (shape: () => Shape): void => {
  it('lists what is live and would break it: 409, or 200 in a dry run; administrators may force it', async () => {
    const template = await makeTemplate(shape())
    await goesLive(shape(), template, '1.0.0', { on: true })
    const app = await makeApp(shape(), template)
    const live = await goesLive(shape(), app, '1.0.0', { a: 1 })
    const schema = { properties: { a: { type: 'string' } } }
    const refused = expectProblem(await putSchema(shape(), template, schema), 'schema_breaks_live')
    expect(refused.detail).toContain('1 of 2 live configs')
    expect(places(refused)).toEqual(['schema_breaks_live /data/a'])
    const errors = [{ pointer: '/data/a', detail: `must be string, and is number (schema of ${template})` }]
    const breaks = [
      { appId: app, channel: 'stable', revision: live.revision, configVersion: '1.0.0', errors },
    ]
    const found = { appId: template, schema, inherited: [], checked: 2, broken: 1, breaks }
    expect(await setSchema(shape(), template, schema, { dryRun: true })).toEqual({ ...found, dryRun: true })
    expect((await readSchema(shape(), template)).schema).toBeNull()
    const forced = await setSchema(shape(), template, schema, {
      force: true,
      reason: 'The apps follow today',
    })
    expect(forced).toEqual({ ...found, dryRun: false })
    expect((await readAudit(shape(), template))[0]).toMatchObject({
      action: 'schema.set',
      after: { schema, forced: { broken: 1 } },
      reason: 'The apps follow today',
    })
    expect((await readConfig(shape(), app)).json()).toMatchObject({ data: { a: 1 } })
  })
}

export const schemas = (shape: () => Shape): void => {
  describe('the schema of an app', () => {
    setting(shape)
    holding(shape)
    changing(shape)
    schemaRefusals(shape)
    schemaBounds(shape)
  })
}
