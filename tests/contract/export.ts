import { describe, expect, it } from 'vitest'
import { exportAll, importLines, linesOf, smallFleetFile } from './fleet-file.ts'
import { createApp, manage } from './operator.ts'
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
