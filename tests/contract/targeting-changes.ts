import { describe, expect, it } from 'vitest'
import type { ConfigDiff } from '../../contract/config.ts'
import { makeApp, makeTemplate, publish } from './chain.ts'
import { createApp, manage } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import { putSchema, setSchema } from './schema-calls.ts'
import type { Shape } from './shapes.ts'
import { askSave, flag, goLiveWith, override, saveAuto } from './targeting-calls.ts'

const counts = (shape: () => Shape): void => {
  it('counts with bump: auto what overrides do to the data, and flags', async () => {
    const { appId } = await createApp(shape())
    const base = { data: { on: true } }
    const [a, b] = [override('a', { on: false }), override('b', { on: false, extra: 1 })]
    const steps: [expected: string, document: object][] = [
      ['1.0.0', base],
      ['1.0.1', { ...base, overrides: [a] }],
      ['1.1.0', { ...base, overrides: [a, b] }],
      ['1.1.1', { ...base, overrides: [b, a] }],
      ['1.1.2', { ...base, overrides: [b, { ...a, rollout: 5 }] }],
      ['2.0.0', { ...base, overrides: [b, override('a', { on: null })] }],
      ['3.0.0', { ...base, overrides: [a] }],
      ['3.1.0', { ...base, overrides: [a], flags: { x: flag() } }],
      ['3.1.1', { ...base, overrides: [a], flags: { x: { ...flag(), state: 'DISABLED' } } }],
      ['4.0.0', { ...base, overrides: [a], flags: { x: flag(1, 2) } }],
      ['5.0.0', { ...base, overrides: [a] }],
    ]
    for (const [expected, document] of steps) {
      expect((await saveAuto(shape(), appId, document)).configVersion, JSON.stringify(document)).toBe(
        expected,
      )
    }
  })

  it('counts what clients get: what the template has is nothing new', async () => {
    const template = await makeTemplate(shape())
    const rules = { overrides: [override('a', { on: null })], flags: { x: flag() } }
    await goLiveWith(shape(), template, { data: { on: true }, ...rules })
    const app = await makeApp(shape(), template)
    const saved: string[] = []
    for (const body of [
      {},
      rules,
      { flags: { x: null } },
      { overrides: [override('a', {})], flags: { x: null } },
    ]) {
      saved.push((await saveAuto(shape(), app, body)).configVersion)
    }
    expect(saved).toEqual(['1.0.0', '1.0.1', '2.0.0', '2.1.0'])
  })

  it('refuses a version too low for what an override does, and says what that is', async () => {
    const { appId } = await createApp(shape())
    await goLiveWith(shape(), appId, { data: { on: true } })
    const body = {
      configVersion: '1.1.0',
      data: { on: true },
      overrides: [override('ios-off', { on: null })],
    }
    const { detail } = expectProblem(await askSave(shape(), appId, body), 'version_too_low')
    expect(detail).toContain('since 1.0.0 /overrides/0 (ios-off) is new and takes away a key')
    expect(detail).toContain('the lowest version that will do is 2.0.0')
    expect((await askSave(shape(), appId, { ...body, force: true })).status).toBe(201)
  })

  it('tells them in diffs of versions and of releases', async () => {
    const { appId } = await createApp(shape())
    const a = override('a', { on: false })
    await goLiveWith(shape(), appId, { data: { on: true }, overrides: [a] })
    const body = { data: { on: true }, overrides: [override('b', { on: null }), a], flags: { x: flag() } }
    const { revision } = await goLiveWith(shape(), appId, body)
    const ofVersion = await manage(shape(), 'GET', `/apps/${appId}/configs/2.0.0/diff?against=1.0.0`)
    expect(ofVersion.status, ofVersion.text).toBe(200)
    const { changes, jsonPatch, bump } = ofVersion.json<ConfigDiff>()
    expect(bump).toBe('major')
    expect(changes).toEqual([
      { pointer: '/overrides/0', kind: 'added', bump: 'major', after: override('b', { on: null }) },
      { pointer: '/flags/x', kind: 'added', bump: 'minor', after: flag() },
    ])
    expect(jsonPatch).toEqual([
      { op: 'add', path: '/overrides/0', value: override('b', { on: null }) },
      { op: 'add', path: '/flags', value: { x: flag() } },
    ])
    const ofRelease = await manage(shape(), 'GET', `/apps/${appId}/releases/${revision}`)
    expect(ofRelease.json()).toMatchObject({ diff: { bump, jsonPatch } })
    const own = await manage(shape(), 'GET', `/apps/${appId}/configs/1.0.0/diff?data=own`)
    expect(own.json<ConfigDiff>().changes.map(({ kind, pointer }) => `${kind} ${pointer}`)).toEqual([
      'removed /overrides/0',
      'removed /flags/x',
    ])
  })
}

const schemas = (shape: () => Shape): void => {
  const schema = {
    required: ['title'],
    properties: { title: { type: 'string', maxLength: 5 } },
    maxProperties: 3,
  }

  it('holds a version to its schema with each override laid over, and with all', async () => {
    const { appId } = await createApp(shape())
    await setSchema(shape(), appId, schema)
    const save = (...overrides: object[]) =>
      askSave(shape(), appId, { bump: 'auto', data: { title: 'Shop' }, overrides })
    const broken = await save(override('fine', { title: 'Fine' }), override('long', { title: 'Too long' }))
    const { errors } = expectProblem(broken, 'schema_violation')
    expect(errors).toEqual([
      {
        code: 'schema_violation',
        pointer: '/overrides/1/data/title',
        detail: 'must NOT have more than 5 characters (override long)',
      },
    ])
    expect(places(expectProblem(await save(override('none', { title: null })), 'schema_violation'))).toEqual([
      'schema_violation /overrides/0/data/title',
    ])
    const together = await save(override('a', { a: 1, b: 1 }), override('b', { c: 1 }))
    expect(expectProblem(together, 'schema_violation').detail).toContain('(with all overrides laid over it)')
    expect((await save(override('a', { a: 1, b: 1 }))).status).toBe(201)
  })

  it('holds an app to it with the overrides of its template', async () => {
    const template = await makeTemplate(shape())
    await goLiveWith(shape(), template, {
      data: { title: 'Base' },
      overrides: [override('more', { a: 1, b: 1 })],
    })
    const app = await makeApp(shape(), template)
    await setSchema(shape(), app, schema)
    const refused = await askSave(shape(), app, { bump: 'auto', data: { c: 1 } })
    const { detail } = expectProblem(refused, 'schema_violation')
    expect(detail).toContain('/data')
    expect(detail).toContain('(with the override more of a template laid over it)')
    await saveAuto(shape(), app, { data: {} })
  })

  it('refuses a release of a template as a whole where an override would break an app of it', async () => {
    const template = await makeTemplate(shape())
    await goLiveWith(shape(), template, { data: { title: 'Base' } })
    const app = await makeApp(shape(), template)
    await goLiveWith(shape(), app, { data: { own: 1 } })
    await setSchema(shape(), app, schema)
    const rules = { overrides: [override('more', { a: 1, b: 1 })] }
    const { configVersion } = await saveAuto(shape(), template, { data: { title: 'Base' }, ...rules })
    const refused = await publish(shape(), template, { configVersion })
    const { detail } = expectProblem(refused, 'schema_violation')
    expect(detail).toContain(app)
    expect(detail).toContain('(with the override more of a template laid over it)')
    const live = (await manage(shape(), 'GET', `/apps/${app}/effective`)).json()
    expect(live).not.toHaveProperty('overrides')
  })

  it('refuses a schema that an override of what is live would break, and tells which', async () => {
    const { appId } = await createApp(shape())
    const overrides = [override('a', {}), override('long', { title: 'Too long' })]
    await goLiveWith(shape(), appId, { data: { title: 'Shop' }, overrides })
    const problem = expectProblem(await putSchema(shape(), appId, schema), 'schema_breaks_live')
    expect(places(problem)).toEqual(['schema_breaks_live /overrides/1/data/title'])
    const told = await putSchema(shape(), appId, schema, { dryRun: true })
    expect(told.json()).toMatchObject({
      breaks: [
        {
          appId,
          errors: [
            { pointer: '/overrides/1/data/title', detail: expect.stringContaining('(override long)') },
          ],
        },
      ],
    })
  })
}

/** What overrides and flags change: in version numbers, in diffs, and for schemas. */
export const targetingChanges = (shape: () => Shape): void => {
  describe('changes of overrides and flags', () => counts(shape))
  describe('schemas and overrides', () => schemas(shape))
}
