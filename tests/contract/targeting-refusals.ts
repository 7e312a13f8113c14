import { describe, expect, it } from 'vitest'
import { createApp, manage } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'
import { askSave, flag, onIos, override } from './targeting-calls.ts'

const attributes = { plan: { type: 'string' } }
const data = {}
const name = 'a'
type Refusal = [
  what: string,
  body: object,
  code: 'invalid_field' | 'missing_field' | 'unknown_field' | 'invalid_rule',
  places: string[],
]
const refused: Refusal[] = [
  ['overrides that are no list', { overrides: {} }, 'invalid_field', ['invalid_field /overrides']],
  [
    'an override without a name',
    { overrides: [{ data }] },
    'missing_field',
    ['missing_field /overrides/0/name'],
  ],
  [
    'an override without data',
    { overrides: [{ name }] },
    'missing_field',
    ['missing_field /overrides/0/data'],
  ],
  [
    'data of an override that are null',
    { overrides: [{ name, data: null }] },
    'invalid_field',
    ['invalid_field /overrides/0/data'],
  ],
  [
    'an unknown field of an override',
    { overrides: [{ name, data, if: true }] },
    'unknown_field',
    ['unknown_field /overrides/0/if'],
  ],
  [
    'a name with a space',
    { overrides: [{ name: 'a b', data }] },
    'invalid_field',
    ['invalid_field /overrides/0/name'],
  ],
  [
    'the name default',
    { overrides: [{ name: 'default', data }] },
    'invalid_field',
    ['invalid_field /overrides/0/name'],
  ],
  [
    'a name twice',
    {
      overrides: [
        { name, data },
        { name: 'b', data },
        { name, data },
      ],
    },
    'invalid_field',
    ['invalid_field /overrides/2/name'],
  ],
  [
    'three decimals',
    { overrides: [{ name, rollout: 0.125, data }] },
    'invalid_field',
    ['invalid_field /overrides/0/rollout'],
  ],
  [
    'more than all',
    { overrides: [{ name, rollout: 100.01, data }] },
    'invalid_field',
    ['invalid_field /overrides/0/rollout'],
  ],
  [
    'less than none',
    { overrides: [{ name, rollout: -1, data }] },
    'invalid_field',
    ['invalid_field /overrides/0/rollout'],
  ],
  [
    'a condition that is no rule',
    { overrides: [{ name, when: true, data }] },
    'invalid_field',
    ['invalid_field /overrides/0/when'],
  ],
  [
    '501 overrides',
    { overrides: Array.from({ length: 501 }, (_, at) => ({ name: `o${at}`, data })) },
    'invalid_field',
    ['invalid_field /overrides'],
  ],
  [
    'a flag without variants',
    { flags: { x: { state: 'ENABLED' } } },
    'missing_field',
    ['missing_field /flags/x/variants'],
  ],
  [
    'a flag with no variant',
    { flags: { x: { ...flag(), variants: {} } } },
    'invalid_field',
    ['invalid_field /flags/x/variants'],
  ],
  [
    'an unknown state',
    { flags: { x: { ...flag(), state: 'ON' } } },
    'invalid_field',
    ['invalid_field /flags/x/state'],
  ],
  [
    'an unknown field of a flag',
    { flags: { x: { ...flag(), rules: [] } } },
    'unknown_field',
    ['unknown_field /flags/x/rules'],
  ],
  [
    '501 flags',
    { flags: Object.fromEntries(Array.from({ length: 501 }, (_, at) => [`f${at}`, flag()])) },
    'invalid_field',
    ['invalid_field /flags'],
  ],
  ['attributes', { attributes: {} }, 'unknown_field', ['unknown_field /attributes']],
]

const refuses = (shape: () => Shape): void => {
  it.each(refused)('refuses %s: 422, and saves nothing', async (_, body, code, expected) => {
    const { appId } = await createApp(shape())
    const answer = await askSave(shape(), appId, { configVersion: '1.0.0', data: {}, ...body })
    expect(places(expectProblem(answer, code))).toEqual(expected)
    expectProblem(await manage(shape(), 'GET', `/apps/${appId}/configs/1.0.0`), 'version_not_found')
  })

  it('refuses every rule that cannot be used, by its place, and saves nothing', async () => {
    const { appId } = await createApp(shape(), { attributes })
    const body = {
      overrides: [
        override('fine', {}),
        { name: 'undeclared', when: { and: [onIos, { '==': [{ var: 'tier' }, 1] }] }, data: {} },
      ],
      flags: { 'a/b': { ...flag(), targeting: { if: [{ '==': [{ var: 'tier' }, 1] }, 'on', 'off'] } } },
    }
    const answer = await askSave(shape(), appId, { configVersion: '1.0.0', data: {}, ...body })
    const problem = expectProblem(answer, 'invalid_rule')
    expect(problem.errors).toHaveLength(2)
    for (const [at, place] of ['/overrides/1/when', '/flags/a~1b/targeting'].entries()) {
      expect(problem.errors?.[at]?.code).toBe('invalid_rule')
      expect(problem.errors?.[at]?.pointer).toMatch(new RegExp(`^${place}`))
      expect(problem.errors?.[at]?.detail).toContain('tier')
    }
    expectProblem(await manage(shape(), 'GET', `/apps/${appId}/configs/1.0.0`), 'version_not_found')
  })

  it('refuses in overrides what it refuses in data: keys that are none, and too deep a nesting', async () => {
    const { appId } = await createApp(shape())
    const nested = (depth: number): string => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`
    const body = (own: string) =>
      `{"configVersion":"1.0.0","data":{},"overrides":[{"name":"a","data":${own}}]}`
    const forbidden = await askSave(shape(), appId, body('{"__proto__":{}}'))
    expect(places(expectProblem(forbidden, 'forbidden_key'))).toEqual([
      'forbidden_key /overrides/0/data/__proto__',
    ])
    expectProblem(await askSave(shape(), appId, body(nested(64))), 'too_deep')
    expectProblem(await askSave(shape(), appId, body('{"a":1e400}')), 'number_out_of_range')
  })
}

/** Overrides and flags that are refused: each with its own code and the place, and nothing is saved. */
export const targetingRefusals = (shape: () => Shape): void => {
  describe('overrides and flags that cannot be', () => refuses(shape))
}
