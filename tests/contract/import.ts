import { describe, expect, it } from 'vitest'
import { counts, importLines, smallFleetFile } from './fleet-file.ts'
import { freshId, manage, newestAudit, type Page, type Release, readAudit, readConfig } from './operator.ts'
import type { Shape } from './shapes.ts'

const imports = (shape: () => Shape): void => {
  it('makes apps, versions and releases, as the audit log tells one by one; clients get them', async () => {
    const fleet = smallFleetFile()
    const summary = await importLines(shape(), fleet.lines)
    expect(summary).toMatchObject({ dryRun: false, lines: 16, created: 16, refused: 0, stopped: null })
    expect(summary.items.slice(0, 3)).toEqual([
      { line: 1, type: 'app', id: fleet.base, result: 'create' },
      { line: 2, type: 'version', id: `${fleet.base} 1.0.0`, result: 'create' },
      { line: 3, type: 'release', id: `${fleet.base} stable 1.0.0`, result: 'create' },
    ])
    expect((await readConfig(shape(), fleet.app)).json()).toMatchObject({
      configVersion: '1.0.0',
      minimumAppVersion: '2.0.0',
      data: { a: 1, theme: { primary: 'red' }, n: 1e21 },
    })
    expect((await readConfig(shape(), fleet.gone)).status).toBe(410)
    const rows = await readAudit(shape(), fleet.app)
    expect(rows.map(({ action, target }) => `${action} ${target}`).sort()).toEqual([
      `app.create ${fleet.app}`,
      'release.publish 1.0.0',
      'release.publish 2.0.0-rc.1',
      'version.save 1.0.0',
      'version.save 2.0.0-rc.1',
    ])
    expect(rows.at(-1)).toMatchObject({ action: 'app.create', after: { extends: fleet.template } })
    expect(rows.find(({ target }) => target === '1.0.0')?.after).toMatchObject({ configVersion: '1.0.0' })
    const history = (await manage(shape(), 'GET', `/apps/${fleet.app}/releases`)).json<Page<Release>>()
    expect(history.items.find(({ channel }) => channel === 'stable')).toMatchObject({ reason: 'Launch' })
  })

  it('changes nothing the second time', async () => {
    const fleet = smallFleetFile()
    await importLines(shape(), fleet.lines)
    const audit = await newestAudit(shape())
    const again = await importLines(shape(), fleet.lines)
    expect(counts(again)).toEqual({ lines: 16, created: 0, changed: 0, unchanged: 16, refused: 0 })
    expect(again.items).toEqual([])
    expect(await newestAudit(shape())).toEqual(audit)
  })

  it('tells the same before as after, and does nothing in a dry run', async () => {
    const fleet = smallFleetFile()
    const before = await newestAudit(shape())
    const told = await importLines(shape(), fleet.lines, '?dryRun=true')
    expect(await newestAudit(shape())).toEqual(before)
    expect((await manage(shape(), 'GET', `/apps/${fleet.app}`)).status).toBe(404)
    const done = await importLines(shape(), fleet.lines)
    expect(told).toEqual({ ...done, dryRun: true })
  })

  it('changes what differs and leaves what a line does not speak of', async () => {
    const fleet = smallFleetFile()
    await importLines(shape(), fleet.lines)
    const { app, template, base } = fleet
    const summary = await importLines(shape(), [
      { type: 'app', appId: app, name: 'Shop' },
      { type: 'version', appId: template, configVersion: '1.11.0', data: { theme: { primary: 'green' } } },
      { type: 'release', appId: template, configVersion: '1.11.0' },
      { type: 'app', appId: template, name: 'Template — Küche', schema: null },
      { type: 'app', appId: base, name: 'Base' },
    ])
    expect(counts(summary)).toEqual({ lines: 5, created: 1, changed: 3, unchanged: 1, refused: 0 })
    const read = (await manage(shape(), 'GET', `/apps/${app}`)).json()
    expect(read).toMatchObject({ name: 'Shop', labels: { team: 'commerce' }, extends: template })
    // What the template got reached the app with it.
    expect((await readConfig(shape(), app)).json()).toMatchObject({ data: { theme: { primary: 'green' } } })
    const changed = (await readAudit(shape(), app)).find(({ action }) => action === 'app.change')
    expect(changed).toMatchObject({ before: { name: '名' }, after: { name: 'Shop' } })
  })

  it('takes lines again that it was given before in the same file: the last one counts', async () => {
    const appId = freshId()
    const version = (configVersion: string, n: number) => ({
      type: 'version',
      appId,
      configVersion,
      data: { n },
    })
    const summary = await importLines(shape(), [
      { type: 'app', appId, name: 'One' },
      version('1.0.0', 1),
      { type: 'release', appId, configVersion: '1.0.0' },
      version('1.1.0', 2),
      { type: 'release', appId, configVersion: '1.1.0' },
      { type: 'app', appId, name: 'Two' },
    ])
    expect(counts(summary)).toEqual({ lines: 6, created: 4, changed: 2, unchanged: 0, refused: 0 })
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { n: 2 } })
    expect((await manage(shape(), 'GET', `/apps/${appId}`)).json()).toMatchObject({ name: 'Two' })
  })

  it('takes more lines than one transaction does, also in a dry run', async () => {
    const template = freshId('template')
    const label = freshId()
    const lines = [
      { type: 'app', appId: template, name: 'Template', kind: 'template' },
      { type: 'version', appId: template, configVersion: '1.0.0', data: { a: 1 } },
      { type: 'release', appId: template, configVersion: '1.0.0' },
      ...Array.from({ length: 250 }, (_, i) => `${label}.${i}`).flatMap((appId) => [
        { type: 'app', appId, name: appId, extends: template, labels: { label } },
        { type: 'version', appId, configVersion: '1.0.0', data: { appId } },
        { type: 'release', appId, configVersion: '1.0.0' },
      ]),
    ]
    const told = await importLines(shape(), lines, '?dryRun=true')
    expect(counts(told)).toEqual({ lines: 753, created: 753, changed: 0, unchanged: 0, refused: 0 })
    const done = await importLines(shape(), lines)
    expect(counts(done)).toEqual(counts(told))
    expect((await readConfig(shape(), `${label}.249`)).json()).toMatchObject({
      data: { a: 1, appId: `${label}.249` },
    })
  })
}

const concurrency = (shape: () => Shape): void => {
  it('makes each thing once when the same lines are imported many times at once', async () => {
    const fleet = smallFleetFile()
    const summaries = await Promise.all(Array.from({ length: 4 }, () => importLines(shape(), fleet.lines)))
    expect(summaries.map(({ stopped }) => stopped)).toEqual([null, null, null, null])
    for (const { line } of summaries[0]?.items ?? []) {
      const results = summaries.map(({ items }) => items.find((item) => item.line === line)?.result)
      expect(
        results.filter((result) => result === 'create'),
        `line ${line}`,
      ).toHaveLength(1)
    }
    // Whoever came second may have been refused what the first was about to make; it is there now.
    const again = await importLines(shape(), fleet.lines)
    expect(counts(again)).toMatchObject({ unchanged: 16, refused: 0 })
  })
}

/** A fleet brought to what lines say. */
export const imported = (shape: () => Shape): void => {
  describe('import', () => {
    imports(shape)
    concurrency(shape)
  })
}
