import { describe, expect, it } from 'vitest'
import type { ImportSummary } from '../../contract/fleet.ts'
import { type Answer, ask } from './ask.ts'
import { createApp, freshId, manage, type Page, type Release, readAudit, readConfig } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'

const ndjson = 'application/x-ndjson'

const fileOf = (lines: readonly unknown[]): string =>
  lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('')

const importLines = async (
  shape: Shape,
  lines: readonly unknown[] | Buffer | string,
  query = '',
): Promise<ImportSummary> => {
  const body = Array.isArray(lines) ? fileOf(lines) : (lines as Buffer | string)
  const answer = await manage(shape, 'POST', `/import${query}`, { body, headers: { 'content-type': ndjson } })
  expect(answer.status, answer.text).toBe(200)
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
  return answer.json<ImportSummary>()
}

const exportAll = async (shape: Shape, query = ''): Promise<string> => {
  const answer = await manage(shape, 'GET', `/export${query}`)
  expect(answer.status, answer.text).toBe(200)
  expect(answer.headers['content-type']).toBe(ndjson)
  return answer.text
}

type ExportedLine = Record<string, unknown> & { type: string; appId: string }

const linesOf = (text: string, appIds: readonly string[]): ExportedLine[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ExportedLine)
    .filter(({ appId }) => appIds.includes(appId))

const counts = ({ lines, created, changed, unchanged, refused }: ImportSummary) => ({
  lines,
  created,
  changed,
  unchanged,
  refused,
})

/** A template with a schema, an app below it with a history and a beta channel, and one that is archived. */
const smallFleet = ({ requiresApproval = false } = {}) => {
  const [base, template, app, gone] = ['z.base', 'template', 'app', 'gone'].map((name) => freshId(name)) as [
    string,
    string,
    string,
    string,
  ]
  const lines = [
    { type: 'app', appId: base, name: 'Base', kind: 'template' },
    {
      type: 'version',
      appId: base,
      configVersion: '1.0.0',
      minimumAppVersion: '2.0.0',
      data: { a: 1, b: null },
    },
    { type: 'release', appId: base, configVersion: '1.0.0', reason: 'The base' },
    {
      type: 'app',
      appId: template,
      name: 'Template — Küche',
      kind: 'template',
      extends: base,
      schema: { type: 'object', required: ['a'], properties: { a: { type: 'number' } } },
    },
    { type: 'version', appId: template, configVersion: '1.0.0', data: { theme: { primary: 'blue' } } },
    {
      type: 'version',
      appId: template,
      configVersion: '1.10.0',
      data: { theme: { primary: 'red', dark: null } },
    },
    { type: 'version', appId: template, configVersion: '1.9.0', data: {}, note: 'Not so red' },
    { type: 'release', appId: template, configVersion: '1.10.0' },
    {
      type: 'app',
      appId: app,
      name: '名',
      extends: template,
      labels: { team: 'commerce' },
      requiresApproval,
    },
    {
      type: 'version',
      appId: app,
      configVersion: '2.0.0-rc.1',
      deprecationDate: '2027-06-30',
      data: { 10: 1, 9: 2 },
    },
    { type: 'version', appId: app, configVersion: '1.0.0', data: { n: 1e21, m: -0.5, t: 'ü\u2028"\\' } },
    { type: 'release', appId: app, configVersion: '1.0.0', reason: 'Launch' },
    { type: 'release', appId: app, channel: 'beta', configVersion: '2.0.0-rc.1' },
    { type: 'app', appId: gone, name: 'Gone', extends: template, archived: true },
    { type: 'version', appId: gone, configVersion: '1.0.0', data: {} },
    { type: 'release', appId: gone, configVersion: '1.0.0' },
  ]
  return { lines, base, template, app, gone, appIds: [base, template, app, gone] }
}

const imports = (shape: () => Shape): void => {
  it('makes apps, versions and releases, as the audit log tells one by one; clients get them', async () => {
    const fleet = smallFleet()
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
    const fleet = smallFleet()
    await importLines(shape(), fleet.lines)
    const audit = await readAudit(shape())
    const again = await importLines(shape(), fleet.lines)
    expect(counts(again)).toEqual({ lines: 16, created: 0, changed: 0, unchanged: 16, refused: 0 })
    expect(again.items).toEqual([])
    expect(await readAudit(shape())).toEqual(audit)
  })

  it('tells the same before as after, and does nothing in a dry run', async () => {
    const fleet = smallFleet()
    const before = await readAudit(shape())
    const told = await importLines(shape(), fleet.lines, '?dryRun=true')
    expect(await readAudit(shape())).toEqual(before)
    expect((await manage(shape(), 'GET', `/apps/${fleet.app}`)).status).toBe(404)
    const done = await importLines(shape(), fleet.lines)
    expect(told).toEqual({ ...done, dryRun: true })
  })

  it('changes what differs and leaves what a line does not speak of', async () => {
    const fleet = smallFleet()
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

interface Refused {
  lines: unknown[]
  code: string
  pointer?: string
  says: string | RegExp
}

const refusals = (shape: () => Shape): void => {
  const known = { type: 'app', appId: freshId('known'), name: 'Known' }
  const bad: [string, Refused][] = [
    ['broken JSON', { lines: ['{"type":"app"'], code: 'invalid_json', says: 'at column 14' }],
    ['a key twice', { lines: ['{"type":"app","type":"app"}'], code: 'duplicate_key', says: 'stands twice' }],
    [
      'an unknown type',
      { lines: [{ type: 'flag' }], code: 'invalid_field', pointer: '/type', says: '"release"' },
    ],
    [
      'what is no object',
      { lines: ['7'], code: 'invalid_field', pointer: '/type', says: 'a line is an object' },
    ],
    [
      'an unknown field',
      { lines: [{ ...known, colour: 1 }], code: 'unknown_field', pointer: '/colour', says: 'not known here' },
    ],
    [
      'an app without a name',
      { lines: [{ type: 'app', appId: 'x' }], code: 'missing_field', pointer: '/name', says: 'required' },
    ],
    [
      'a version of an unknown app',
      {
        lines: [{ type: 'version', appId: 'nobody.knows', configVersion: '1.0.0', data: {} }],
        code: 'app_not_found',
        says: 'Put its line before this one',
      },
    ],
    [
      'a release of an unknown version',
      {
        lines: [known, { type: 'release', appId: known.appId, configVersion: '9.0.0' }],
        code: 'version_not_found',
        says: '9.0.0',
      },
    ],
    [
      'a template that comes after the app',
      {
        lines: [
          { type: 'app', appId: 'x', name: 'X', extends: 'comes.later' },
          { type: 'app', appId: 'comes.later', name: 'T', kind: 'template' },
        ],
        code: 'invalid_extends',
        pointer: '/extends',
        says: 'Put its line before this one',
      },
    ],
    [
      'another document under a version',
      {
        lines: [
          known,
          { type: 'version', appId: known.appId, configVersion: '1.0.0', data: { a: 1 } },
          { type: 'version', appId: known.appId, configVersion: '1.0.0', data: { a: 2 } },
        ],
        code: 'version_exists',
        says: 'with other content',
      },
    ],
    [
      'an app that becomes a template',
      {
        lines: [known, { ...known, kind: 'template' }],
        code: 'invalid_field',
        pointer: '/kind',
        says: 'stays one',
      },
    ],
    [
      'an invalid schema',
      {
        lines: [{ ...known, appId: freshId(), schema: { type: 'nothing' } }],
        code: 'invalid_schema',
        pointer: '/schema/type',
        says: '',
      },
    ],
  ]

  it.each(bad)('refuses %s, and says what to do', async (_, { lines, code, pointer, says }) => {
    const summary = await importLines(shape(), lines)
    expect(summary.refused).toBe(1)
    const refused = summary.items.find(({ result }) => result === 'refused')
    expect(refused?.problem).toMatchObject({ code, ...(pointer && { pointer }) })
    expect(refused?.problem?.detail).toMatch(says)
  })

  it('stops at no line: what is good is done, and each refusal tells its line', async () => {
    const appId = freshId()
    const bytes = Buffer.concat([
      Buffer.from(fileOf([{ type: 'app', appId, name: 'Good' }, '', '{broken'])),
      Buffer.from([0x22, 0xff, 0x22, 0x0a]),
      Buffer.from(`"${'x'.repeat(2 ** 20)}"\n`),
      Buffer.from(fileOf([{ type: 'version', appId, configVersion: '1.0.0', data: {} }])),
      Buffer.from('{"type":"release","appId":"cut o'),
    ])
    const summary = await importLines(shape(), bytes)
    expect(counts(summary)).toEqual({ lines: 6, created: 2, changed: 0, unchanged: 0, refused: 4 })
    expect(summary.items.map(({ line, problem }) => `${line} ${problem?.code ?? 'created'}`)).toEqual([
      '1 created',
      '3 invalid_json',
      '4 invalid_json',
      '5 body_too_large',
      '6 created',
      '7 invalid_json',
    ])
  })

  it('refuses a release that breaks a schema, alone, also in a dry run', async () => {
    const template = freshId('template')
    const [good, bad] = [freshId('good'), freshId('bad')]
    const app = (appId: string, data: object) => [
      { type: 'app', appId, name: 'App', extends: template },
      { type: 'version', appId, configVersion: '1.0.0', data },
      { type: 'release', appId, configVersion: '1.0.0' },
    ]
    const lines = [
      {
        type: 'app',
        appId: template,
        name: 'T',
        kind: 'template',
        schema: { properties: { n: { type: 'number' } } },
      },
      { type: 'version', appId: template, configVersion: '1.0.0', data: { n: 1 } },
      { type: 'release', appId: template, configVersion: '1.0.0' },
      ...app(good, { n: 2 }),
      ...app(bad, { n: 'two' }),
    ]
    for (const query of ['?dryRun=true', '']) {
      const summary = await importLines(shape(), lines, query)
      expect(counts(summary)).toEqual({ lines: 9, created: 8, changed: 0, unchanged: 0, refused: 1 })
      const refused = summary.items.find(({ result }) => result === 'refused')
      expect(refused).toMatchObject({
        line: 9,
        id: `${bad} stable 1.0.0`,
        problem: { code: 'schema_violation' },
      })
    }
    expect((await readConfig(shape(), good)).json()).toMatchObject({ data: { n: 2 } })
    const summary = await importLines(shape(), [
      { type: 'app', appId: template, name: 'T', schema: { properties: { n: { type: 'string' } } } },
    ])
    expect(summary.items[0]?.problem?.code).toBe('schema_breaks_live')
  })

  it('asks for approval where something is live already, and keeps a template that is in use', async () => {
    const fleet = smallFleet({ requiresApproval: true })
    await importLines(shape(), fleet.lines)
    const { app, template } = fleet
    const summary = await importLines(shape(), [
      { type: 'version', appId: app, configVersion: '3.0.0', data: {} },
      { type: 'release', appId: app, configVersion: '3.0.0' },
      { type: 'app', appId: template, name: 'Template', archived: true },
    ])
    expect(summary.items.map(({ result, problem }) => problem?.code ?? result)).toEqual([
      'create',
      'approval_required',
      'template_in_use',
    ])
    expect((await readConfig(shape(), app)).json()).toMatchObject({ configVersion: '1.0.0' })
  })

  it('answers 415 to other media types, 400 to a wrong parameter, 401 without a token', async () => {
    const path = '/import'
    const body = fileOf([known])
    const json = await manage(shape(), 'POST', path, {
      body,
      headers: { 'content-type': 'application/json' },
    })
    expectProblem(json, 'unsupported_media_type')
    expect(json.headers.accept).toBe(ndjson)
    const headers = { 'content-type': ndjson }
    expectProblem(await manage(shape(), 'POST', `${path}?dryRun=yes`, { body, headers }), 'invalid_parameter')
    expectProblem(await manage(shape(), 'GET', '/export?versions=some'), 'invalid_parameter')
    expectProblem(
      await ask(`${shape().url}/manage/v1/import`, { method: 'POST', body, headers }),
      'unauthorized',
    )
    const none = await importLines(shape(), '')
    expect(counts(none)).toEqual({ lines: 0, created: 0, changed: 0, unchanged: 0, refused: 0 })
  })
}

const exports = (shape: () => Shape): void => {
  it('tells apps, versions by number and what is live; templates before what extends them', async () => {
    const fleet = smallFleet({ requiresApproval: true })
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
    await importLines(shape(), smallFleet().lines)
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
    const head: Answer = await manage(shape(), 'HEAD', '/export')
    expect(head.status).toBe(200)
    expect(head.body.byteLength).toBe(0)
  })
}

/** The fleet as lines, in and out. */
export const importExport = (shape: () => Shape): void => {
  describe('import and export', () => {
    imports(shape)
    refusals(shape)
    exports(shape)
  })
}
