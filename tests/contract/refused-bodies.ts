import { describe, expect, it } from 'vitest'
import type { ProblemCode } from '../../contract/problems.ts'
import { createApp, manage, type Page, publishApp, readAudit } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

/** Body of a request that must be refused, the code, and the places that the problem names. */
type Refusal = [what: string, body: string | object, code: ProblemCode, places: string[]]

const nested = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`
const withData = (data: string): string => `{"configVersion":"1.0.0","data":${data}}`
const version = { configVersion: '1.0.0', data: {} }

const versionRefusals: Refusal[] = [
  ['an unknown field', { ...version, extra: 1 }, 'unknown_field', ['unknown_field /extra']],
  [
    'several unknown fields with odd names',
    { ...version, 'a/b': 1, 'c~d': 2 },
    'unknown_field',
    ['unknown_field /a~1b', 'unknown_field /c~0d'],
  ],
  ['no data', { configVersion: '1.0.0' }, 'missing_field', ['missing_field /data']],
  ['neither configVersion nor bump', { data: {} }, 'invalid_field', ['invalid_field /configVersion']],
  [
    'both configVersion and bump',
    { ...version, bump: 'major' },
    'invalid_field',
    ['invalid_field /configVersion'],
  ],
  ['an unknown bump', { bump: 'huge', data: {} }, 'invalid_field', ['invalid_field /bump']],
  ['data that is an array', { ...version, data: [] }, 'invalid_field', ['invalid_field /data']],
  ['data that is null', { ...version, data: null }, 'invalid_field', ['invalid_field /data']],
  [
    'a number for a version',
    { ...version, configVersion: 1 },
    'invalid_field',
    ['invalid_field /configVersion'],
  ],
  [
    'a version of two parts',
    { ...version, configVersion: '1.0' },
    'invalid_version',
    ['invalid_version /configVersion'],
  ],
  [
    'a version with a v',
    { ...version, configVersion: 'v1.0.0' },
    'invalid_version',
    ['invalid_version /configVersion'],
  ],
  [
    'leading zeros',
    { ...version, configVersion: '1.00.0' },
    'invalid_version',
    ['invalid_version /configVersion'],
  ],
  [
    'a space behind',
    { ...version, configVersion: '1.0.0 ' },
    'invalid_version',
    ['invalid_version /configVersion'],
  ],
  [
    'a bad recommendedAppVersion',
    { ...version, recommendedAppVersion: '2' },
    'invalid_version',
    ['invalid_version /recommendedAppVersion'],
  ],
  ['a force that is no boolean', { ...version, force: 'yes' }, 'invalid_field', ['invalid_field /force']],
  [
    'a bad minimumAppVersion',
    { ...version, minimumAppVersion: '>=2' },
    'invalid_version',
    ['invalid_version /minimumAppVersion'],
  ],
  ['a text that is no object', '"text"', 'invalid_field', ['invalid_field ']],
  ['an array', '[]', 'invalid_field', ['invalid_field ']],
  ['a key twice', withData('{"b":{"a":1,"a":2}}'), 'duplicate_key', ['duplicate_key /data/b/a']],
  ['a key twice, once escaped', withData('{"a":1,"\\u0061":2}'), 'duplicate_key', ['duplicate_key /data/a']],
  ['__proto__', withData('{"__proto__":{"admin":true}}'), 'forbidden_key', ['forbidden_key /data/__proto__']],
  ['__proto__ at the top', '{"__proto__":{},"data":{}}', 'forbidden_key', ['forbidden_key /__proto__']],
  [
    'constructor.prototype',
    withData('{"constructor":{"prototype":{}}}'),
    'forbidden_key',
    ['forbidden_key /data/constructor/prototype'],
  ],
  [
    'a number past doubles',
    withData('{"n":[1e999]}'),
    'number_out_of_range',
    ['number_out_of_range /data/n/0'],
  ],
  [
    'a number that would be rounded',
    withData('{"n":9007199254740993}'),
    'number_out_of_range',
    ['number_out_of_range /data/n'],
  ],
  ['U+0000', withData('{"t":"a\\u0000b"}'), 'unsupported_character', ['unsupported_character /data/t']],
  [
    'half a surrogate pair',
    withData('{"t":"\\ud800"}'),
    'unsupported_character',
    ['unsupported_character /data/t'],
  ],
]

const dates = [
  '2026-02-30',
  '2027-02-29',
  '2026-13-01',
  '2026-00-10',
  '2026-04-31T10:00:00Z',
  '2026-04-30T24:00:00Z',
  '2026-04-30T10:60:00Z',
  '2026-04-30T10:00:00',
  '2026-04-30T10:00:00+25:00',
  '30.4.2026',
  '2026-4-3',
  'tomorrow',
  '',
]

const bodies = (shape: () => Shape): void => {
  it.each(versionRefusals)('refuses a version with %s', async (_, body, code, expected) => {
    const { appId } = await createApp(shape())
    const problem = expectProblem(await manage(shape(), 'POST', `/apps/${appId}/configs`, { body }), code)
    expect(places(problem)).toEqual(expected)
    await expectNothingStored(shape(), appId)
  })

  it('refuses dates that are none, and takes those that are', async () => {
    const { appId } = await createApp(shape())
    const save = (deprecationDate: string) =>
      manage(shape(), 'POST', `/apps/${appId}/configs`, { body: { ...version, deprecationDate } })
    for (const date of dates) {
      const problem = expectProblem(await save(date), 'invalid_date')
      expect(places(problem), date).toEqual(['invalid_date /deprecationDate'])
    }
    await expectNothingStored(shape(), appId)
    expect((await save('2028-02-29')).status).toBe(201)
  })

  it('names all that is wrong at once', async () => {
    const { appId } = await createApp(shape())
    const body = { configVersion: '1', deprecationDate: '2026-02-30', note: 7, typo: true }
    const problem = expectProblem(
      await manage(shape(), 'POST', `/apps/${appId}/configs`, { body }),
      'invalid_version',
    )
    expect(places(problem).sort()).toEqual([
      'invalid_date /deprecationDate',
      'invalid_field /note',
      'invalid_version /configVersion',
      'missing_field /data',
      'unknown_field /typo',
    ])
  })

  it('refuses what is nested more than 64 deep, and takes 64', async () => {
    const { appId } = await createApp(shape())
    // The body itself is the first of the 64.
    const save = (depth: number) =>
      manage(shape(), 'POST', `/apps/${appId}/configs`, { body: withData(nested(depth)) })
    const problem = expectProblem(await save(64), 'too_deep')
    expect(places(problem)).toEqual([`too_deep /data${'/a'.repeat(63)}`])
    expectProblem(await save(100_000), 'too_deep')
    await expectNothingStored(shape(), appId)
    expect((await save(63)).status).toBe(201)
  })

  it('tells line and column of what is not JSON', async () => {
    const { appId } = await createApp(shape())
    const broken: [string | Buffer, string][] = [
      ['{\n  "configVersion": "1.0.0",\n  "data": {,}\n}', 'line 3, column 12'],
      ['{"data":{}} trailing', 'line 1, column 13'],
      ["{'data': 1}", 'line 1, column 2'],
      ['{"data": NaN}', 'line 1, column 10'],
      ['', 'line 1, column 1'],
      ['{"data":', 'the end of the text'],
      [Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 'UTF-8'],
    ]
    for (const [body, where] of broken) {
      const answer = await manage(shape(), 'POST', `/apps/${appId}/configs`, { body })
      expect(expectProblem(answer, 'invalid_json').detail).toContain(where)
    }
    await expectNothingStored(shape(), appId)
  })
}

const marks = (shape: () => Shape): void => {
  it('takes no notice of a byte order mark before the JSON', async () => {
    const { appId } = await createApp(shape())
    const body = `\ufeff${withData('{}')}`
    expect((await manage(shape(), 'POST', `/apps/${appId}/configs`, { body })).status).toBe(201)
  })
}

const expectNothingStored = async (shape: Shape, appId: string): Promise<void> => {
  const versions = (await manage(shape, 'GET', `/apps/${appId}/configs`)).json<Page<object>>()
  expect(versions.items).toEqual([])
  expect((await readAudit(shape, appId)).map((row) => row.action)).toEqual(['app.create'])
}

const appBodies: Refusal[] = [
  ['no appId', { name: 'x' }, 'missing_field', ['missing_field /appId']],
  ['a bad appId', { appId: 'a b', name: 'x' }, 'invalid_field', ['invalid_field /appId']],
  ['a long appId', { appId: 'a'.repeat(129), name: 'x' }, 'invalid_field', ['invalid_field /appId']],
  ['an empty name', { appId: 'never', name: '' }, 'invalid_field', ['invalid_field /name']],
  ['an unknown kind', { appId: 'never', name: 'x', kind: 'robot' }, 'invalid_field', ['invalid_field /kind']],
  [
    'a label that is no text',
    { appId: 'never', name: 'x', labels: { a: 1 } },
    'invalid_field',
    ['invalid_field /labels/a'],
  ],
  ['a revision', { appId: 'never', name: 'x', revision: 1 }, 'unknown_field', ['unknown_field /revision']],
]

const changeBodies: Refusal[] = [
  ['nothing to change', {}, 'invalid_field', ['invalid_field ']],
  ['archived: true', { archived: true }, 'invalid_field', ['invalid_field /archived']],
  ['another appId', { appId: 'x' }, 'unknown_field', ['unknown_field /appId', 'invalid_field ']],
]

const releaseBodies: Refusal[] = [
  ['no version', {}, 'invalid_field', ['invalid_field /configVersion']],
  [
    'two things to release',
    { configVersion: '1.0.0', promoteFrom: 'beta' },
    'invalid_field',
    ['invalid_field /configVersion'],
  ],
  [
    'an override without a reason',
    { configVersion: '1.0.0', override: true },
    'invalid_field',
    ['invalid_field /reason'],
  ],
  ['a bad version', { configVersion: 'latest' }, 'invalid_version', ['invalid_version /configVersion']],
  [
    'a bad channel',
    { configVersion: '1.0.0', channel: 'Beta!' },
    'invalid_field',
    ['invalid_field /channel'],
  ],
  ['an unknown field', { configVersion: '1.0.0', force: true }, 'unknown_field', ['unknown_field /force']],
  [
    'a long reason',
    { configVersion: '1.0.0', reason: 'x'.repeat(2001) },
    'invalid_field',
    ['invalid_field /reason'],
  ],
]

const otherBodies = (shape: () => Shape): void => {
  it.each(appBodies)('refuses an app with %s', async (_, body, code, expected) => {
    const answer = await manage(shape(), 'POST', '/apps', { body })
    expect(places(expectProblem(answer, code))).toEqual(expected)
    expect((await manage(shape(), 'GET', '/apps/never')).status).toBe(404)
  })

  it.each(changeBodies)('refuses a change with %s', async (_, body, code, expected) => {
    const app = await createApp(shape())
    const answer = await manage(shape(), 'PATCH', `/apps/${app.appId}`, { body })
    expect(places(expectProblem(answer, code))).toEqual(expected)
    expect((await manage(shape(), 'GET', `/apps/${app.appId}`)).json()).toEqual(app)
  })

  it.each(releaseBodies)('refuses a release with %s', async (_, body, code, expected) => {
    const { appId } = await publishApp(shape())
    const audit = await readAudit(shape(), appId)
    const answer = await manage(shape(), 'POST', `/apps/${appId}/releases`, { body })
    expect(places(expectProblem(answer, code))).toEqual(expected)
    expect(await readAudit(shape(), appId)).toEqual(audit)
  })
}

/** Bodies that management refuses: each with its own code and the places, and nothing is stored. */
export const refusedBodies = (shape: () => Shape): void => {
  describe('refused bodies', () => {
    bodies(shape)
    marks(shape)
    otherBodies(shape)
  })
}
