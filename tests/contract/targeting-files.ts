import { describe, expect, it } from 'vitest'
import { change } from './chain.ts'
import { counts, exportAll, importLines, linesOf } from './fleet-file.ts'
import { type App, createApp, freshId, manage, readAudit } from './operator.ts'
import type { Shape } from './shapes.ts'
import { flag, onIos, override, saveAuto } from './targeting-calls.ts'

const attributes = { plan: { type: 'string', description: 'free or paid' } }
const isPaid = { '==': [{ var: 'plan' }, 'paid'] }
const rules = {
  overrides: [
    { name: 'z', rollout: 12.25, when: { and: [isPaid, onIos] }, data: { b: null, a: 1 } },
    override('a', {}),
  ],
  flags: { search: { ...flag(), targeting: { if: [isPaid, 'on', 'off'] } } },
}

/** A template that declares an attribute, and an app whose version has rules over it. */
const lines = () => {
  const [template, app] = [freshId('template'), freshId('app')]
  const version = { type: 'version', appId: app, configVersion: '1.0.0', data: { a: 0, b: 0 }, ...rules }
  return {
    template,
    app,
    version,
    file: [
      { type: 'app', appId: template, name: 'T', kind: 'template', attributes },
      { type: 'version', appId: template, configVersion: '1.0.0', data: {} },
      { type: 'release', appId: template, configVersion: '1.0.0' },
      { type: 'app', appId: app, name: 'A', extends: template, pollSeconds: 60 },
      version,
      { type: 'release', appId: app, configVersion: '1.0.0' },
    ],
  }
}

const imports = (shape: () => Shape): void => {
  it('brings them, by what lines before declare, and is told no news by the same lines', async () => {
    const { app, file } = lines()
    expect(counts(await importLines(shape(), file, '?dryRun=true'))).toMatchObject({ created: 6, refused: 0 })
    expect(counts(await importLines(shape(), file))).toMatchObject({ created: 6, refused: 0 })
    expect(counts(await importLines(shape(), file))).toMatchObject({ unchanged: 6 })
    const version = await manage(shape(), 'GET', `/apps/${app}/configs/1.0.0`)
    expect(version.json()).toMatchObject(rules)
    expect(version.json()).not.toHaveProperty('attributes')
    const saved = (await readAudit(shape(), app)).find(({ action }) => action === 'version.save')
    expect(saved?.after).toMatchObject(rules)
    expect((await manage(shape(), 'GET', `/apps/${app}`)).json()).toMatchObject({
      attributes: {},
      pollSeconds: 60,
    })
  })

  it('saves a version as the API does: with the same checksum', async () => {
    const { app, template, file } = lines()
    await importLines(shape(), file)
    const { appId } = await createApp(shape(), { extends: template })
    await saveAuto(shape(), appId, { data: { a: 0, b: 0 }, ...rules })
    const checksumOf = async (id: string) =>
      (await manage(shape(), 'GET', `/apps/${id}/configs/1.0.0`)).json<{ checksum: string }>().checksum
    expect(await checksumOf(appId)).toBe(await checksumOf(app))
  })

  it('refuses other overrides or flags under a version that there is', async () => {
    const { version, file } = lines()
    await importLines(shape(), file)
    const others = [
      { ...version, overrides: rules.overrides.toReversed() },
      { ...version, flags: {} },
      { ...version, overrides: [{ ...rules.overrides[0], rollout: 12.5 }, rules.overrides[1]] },
    ]
    for (const other of others) {
      expect((await importLines(shape(), [other])).items).toMatchObject([
        { result: 'refused', problem: { code: 'version_exists' } },
      ])
    }
  })

  it('refuses a rule that cannot be used, by its place, and stops at no other line', async () => {
    const { app, version, file } = lines()
    const bad = {
      ...version,
      configVersion: '1.1.0',
      overrides: [{ name: 'x', when: { '==': [{ var: 'tier' }, 1] }, data: {} }],
    }
    const summary = await importLines(shape(), [...file.slice(0, -1), bad, ...file.slice(-1)])
    expect(counts(summary)).toMatchObject({ created: 6, refused: 1 })
    expect(summary.items.find(({ result }) => result === 'refused')).toMatchObject({
      id: `${app} 1.1.0`,
      problem: { code: 'invalid_rule', pointer: expect.stringMatching(/^\/overrides\/0\/when/) },
    })
  })

  it('changes what an app line says of attributes and pollSeconds, and nothing that it does not say', async () => {
    const { appId, name } = await createApp(shape(), {
      attributes: { plan: { type: 'string' } },
      pollSeconds: 60,
    })
    const line = { type: 'app', appId, name }
    const read = async () => (await manage(shape(), 'GET', `/apps/${appId}`)).json<App>()
    expect(counts(await importLines(shape(), [line]))).toMatchObject({ unchanged: 1 })
    expect(counts(await importLines(shape(), [{ ...line, pollSeconds: null }]))).toMatchObject({ changed: 1 })
    expect(await read()).toMatchObject({ attributes: { plan: { type: 'string' } }, pollSeconds: null })
    const all = { ...line, pollSeconds: 10, attributes: {}, requiresApproval: true }
    expect(counts(await importLines(shape(), [all]))).toMatchObject({ changed: 1 })
    expect(await read()).toMatchObject({ attributes: {}, pollSeconds: 10, requiresApproval: true })
    expect(counts(await importLines(shape(), [all]))).toMatchObject({ unchanged: 1 })
  })
}

const exports = (shape: () => Shape): void => {
  it('tells them, and what the rules ask for as it was declared then, which changes nothing', async () => {
    const { template, app, file } = lines()
    await importLines(shape(), file)
    await change(shape(), template, { attributes: {} })
    const text = await exportAll(shape())
    const [, version] = linesOf(text, [app])
    const fields = ['type', 'appId', 'configVersion', 'data', 'overrides', 'flags', 'attributes']
    expect(Object.keys(version ?? {})).toEqual(fields)
    expect(version).toMatchObject({ ...rules, attributes })
    expect(linesOf(text, [template])[0]).toMatchObject({ attributes: {}, pollSeconds: null })
    expect((await importLines(shape(), linesOf(text, [template, app]))).items).toEqual([])
    // Elsewhere the version is taken, though the app declares nothing any more.
    const elsewhere = { ...version, appId: freshId('copy') }
    const own = { type: 'app', appId: elsewhere.appId, name: 'Copy' }
    expect(counts(await importLines(shape(), [own, elsewhere]))).toMatchObject({ created: 2 })
    expect(linesOf(await exportAll(shape()), [elsewhere.appId])[1]).toEqual(elsewhere)
  })
}

/** Overrides, flags and what an app declares, in fleet files. */
export const targetingFiles = (shape: () => Shape): void => {
  describe('an import of overrides and flags', () => imports(shape))
  describe('an export of overrides and flags', () => exports(shape))
}
