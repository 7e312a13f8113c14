import { describe, expect, it } from 'vitest'
import { ask } from './ask.ts'
import { counts, fileOf, importLines, ndjson, smallFleetFile } from './fleet-file.ts'
import { freshId, manage, readConfig } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'

interface Refused {
  lines: unknown[]
  code: string
  pointer?: string
  says: string | RegExp
}

const refusals = (shape: () => Shape): void => {
  const known = { type: 'app', appId: freshId('known'), name: 'Known' }
  const bare = freshId('bare')
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
      'a release on a template that there is not',
      {
        lines: [
          known,
          { type: 'version', appId: known.appId, configVersion: '3.0.0', data: {} },
          { type: 'release', appId: known.appId, configVersion: '3.0.0', standsOn: 'nobody.knows' },
        ],
        code: 'invalid_extends',
        pointer: '/standsOn',
        says: 'nobody.knows cannot be stood on here: there is no such template yet',
      },
    ],
    [
      'a release on an app',
      {
        lines: [
          known,
          { ...known, appId: `${known.appId}.2` },
          { type: 'version', appId: known.appId, configVersion: '3.0.0', data: {} },
          {
            type: 'release',
            appId: known.appId,
            configVersion: '3.0.0',
            standsOn: `${known.appId}.2`,
          },
        ],
        code: 'invalid_extends',
        pointer: '/standsOn',
        says: 'only templates',
      },
    ],
    [
      'a release on a template without one',
      {
        lines: [
          known,
          { type: 'app', appId: bare, name: 'Bare', kind: 'template' },
          { type: 'version', appId: known.appId, configVersion: '3.0.0', data: {} },
          { type: 'release', appId: known.appId, configVersion: '3.0.0', standsOn: bare },
        ],
        code: 'template_not_released',
        says: `Put a release of ${bare} before this one`,
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
    const fleet = smallFleetFile({ requiresApproval: true })
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
    expect(expectProblem(json, 'unsupported_media_type').title).not.toContain('application/json')
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

/** Lines that cannot be done, and imports that cannot. */
export const importRefusals = (shape: () => Shape): void => {
  describe('import that is refused', () => refusals(shape))
}
