import { describe, expect, it } from 'vitest'
import { change, dataOf, goesLive, history, makeApp, makeTemplate } from './chain.ts'
import { exportAll, importLines, linesOf, smallFleetFile } from './fleet-file.ts'
import { createApp, manage, readAudit } from './operator.ts'
import type { Shape } from './shapes.ts'

const exports = (shape: () => Shape): void => {
  it('tells apps, versions by number and what is live; templates before what extends them', async () => {
    const fleet = smallFleetFile({ requiresApproval: true })
    await importLines(shape(), fleet.lines)
    const lines = linesOf(await exportAll(shape()), fleet.appIds)
    expect(lines.map(({ type, appId, configVersion = '' }) => `${type} ${appId} ${configVersion}`)).toEqual([
      `app ${fleet.base} `,
      `version ${fleet.base} 1.0.0`,
      `release ${fleet.base} 1.0.0`,
      `app ${fleet.template} `,
      `version ${fleet.template} 1.0.0`,
      `version ${fleet.template} 1.9.0`,
      `version ${fleet.template} 1.10.0`,
      `release ${fleet.template} 1.10.0`,
      ...[
        [
          `app ${fleet.app} `,
          `version ${fleet.app} 1.0.0`,
          `version ${fleet.app} 2.0.0-rc.1`,
          `release ${fleet.app} 2.0.0-rc.1`,
          `release ${fleet.app} 1.0.0`,
        ],
        [`app ${fleet.gone} `, `version ${fleet.gone} 1.0.0`, `release ${fleet.gone} 1.0.0`],
      ]
        .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
        .flat(),
    ])
    expect(lines.find(({ appId }) => appId === fleet.app)).toEqual({
      type: 'app',
      appId: fleet.app,
      name: '名',
      kind: 'app',
      extends: fleet.template,
      access: 'public',
      labels: { team: 'commerce' },
      requiresApproval: true,
      attributes: { plan: { type: 'string' } },
      pollSeconds: 60,
      allowedOrigins: ['https://shop.example.com'],
      archived: false,
      schema: null,
    })
    const live = linesOf(await exportAll(shape(), '?versions=live'), [fleet.template])
    expect(live.map(({ type, configVersion }) => [type, configVersion])).toEqual([
      ['app', undefined],
      ['version', '1.10.0'],
      ['release', '1.10.0'],
    ])
  })

  it('gives the same bytes twice, and its own export changes nothing', async () => {
    await importLines(shape(), smallFleetFile().lines)
    await createApp(shape())
    const text = await exportAll(shape())
    expect(await exportAll(shape())).toBe(text)
    const summary = await importLines(shape(), text)
    expect(summary.items).toEqual([])
    expect(summary.unchanged).toBe(text.split('\n').length - 1)
    expect(await exportAll(shape())).toBe(text)
  })

  it('says what a release stands on where the app extends something else by now, and that changes nothing', async () => {
    const [base, other] = [await makeTemplate(shape()), await makeTemplate(shape())]
    await goesLive(shape(), base, '1.0.0', { base: 1 })
    await goesLive(shape(), other, '1.0.0', { other: 1 })
    const templates = [base, base, null, base]
    const apps = await Promise.all(templates.map((template) => makeApp(shape(), template)))
    const [untied, moved, tied, stays] = apps as [string, string, string, string]
    for (const appId of apps) await goesLive(shape(), appId, '1.0.0', { own: 1 })
    await goesLive(shape(), untied, '1.1.0', { own: 2 }, { channel: 'beta' })
    const ties = { [untied]: null, [moved]: other, [tied]: other }
    for (const [appId, template] of Object.entries(ties)) await change(shape(), appId, { extends: template })

    const text = await exportAll(shape())
    const said = linesOf(text, apps).filter(({ type }) => type === 'release')
    const stable = said.filter(({ channel }) => channel === 'stable')
    expect(Object.fromEntries(stable.map(({ appId, standsOn }) => [appId, standsOn]))).toEqual({
      [untied]: base,
      [moved]: base,
      [tied]: null,
      [stays]: undefined,
    })
    expect(said.find(({ channel }) => channel === 'beta')).toMatchObject({ appId: untied, standsOn: base })

    const told = (appId: string) => Promise.all([dataOf(shape(), appId), readAudit(shape(), appId)])
    const before = await Promise.all(apps.map(told))
    expect((await importLines(shape(), text)).items).toEqual([])
    expect(await Promise.all(apps.map(told))).toEqual(before)
    // Told without it, a release counts on what the app extends now.
    const line = { type: 'release', appId: untied, configVersion: '1.0.0' }
    expect(await importLines(shape(), [line])).toMatchObject({ changed: 1 })
    expect(await dataOf(shape(), untied)).toEqual({ own: 1 })
    expect((await history(shape(), untied)).map(({ baseVersion }) => baseVersion)).toEqual([null, '1.0.0'])
  })

  it('lets a client leave in the middle', async () => {
    const leaving = new AbortController()
    const response = await fetch(`${shape().url}/manage/v1/export`, {
      headers: { authorization: `Bearer ${shape().token}` },
      signal: leaving.signal,
    })
    await response.body?.getReader().read()
    leaving.abort()
    const head = await manage(shape(), 'HEAD', '/export')
    expect(head.status).toBe(200)
    expect(head.body.byteLength).toBe(0)
  })
}

/** The fleet as lines. */
export const exported = (shape: () => Shape): void => {
  describe('export', () => exports(shape))
}
