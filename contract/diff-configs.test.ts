import fc from 'fast-check'
import { expect, it } from 'vitest'
import { applyStep } from './apply-patch.fixture.ts'
import { diffConfigs } from './diff-configs.ts'

const none = { minimumAppVersion: null, recommendedAppVersion: null, deprecationDate: null }

it('tells one difference in every form', () => {
  const from = { ...none, configVersion: '1.3.0', data: { theme: { primary: '#000' }, codes: [1, 2] } }
  const to = {
    ...none,
    minimumAppVersion: '2.0.0',
    configVersion: '1.4.0',
    data: { theme: { primary: '#0a84ff', dark: true }, codes: [1, 2, 3] },
  }
  expect(diffConfigs(from, to)).toEqual({
    from: '1.3.0',
    to: '1.4.0',
    bump: 'minor',
    changes: [
      { pointer: '/minimumAppVersion', kind: 'changed', bump: 'patch', before: null, after: '2.0.0' },
      { pointer: '/data/theme/primary', kind: 'changed', bump: 'patch', before: '#000', after: '#0a84ff' },
      { pointer: '/data/theme/dark', kind: 'added', bump: 'minor', after: true },
      { pointer: '/data/codes', kind: 'changed', bump: 'patch', before: [1, 2], after: [1, 2, 3] },
    ],
    jsonPatch: [
      { op: 'replace', path: '/minimumAppVersion', value: '2.0.0' },
      { op: 'replace', path: '/data/theme/primary', value: '#0a84ff' },
      { op: 'add', path: '/data/theme/dark', value: true },
      { op: 'add', path: '/data/codes/2', value: 3 },
    ],
    text: [
      '~ /minimumAppVersion: null -> "2.0.0"',
      '~ /data/theme/primary: "#000" -> "#0a84ff"',
      '+ /data/theme/dark: true',
      '+ /data/codes/2: 3',
    ].join('\n'),
  })
})

it('tells everything as added where there was nothing before', () => {
  const to = {
    ...none,
    deprecationDate: '2027-06-30',
    configVersion: '1.0.0',
    data: { a: 1, b: { c: null } },
  }
  const { from, bump, changes, jsonPatch } = diffConfigs(null, to)
  expect({ from, bump }).toEqual({ from: null, bump: 'minor' })
  expect(changes.map(({ kind, pointer }) => `${kind} ${pointer}`)).toEqual([
    'added /deprecationDate',
    'added /data/a',
    'added /data/b',
  ])
  expect(jsonPatch.map(({ op }) => op)).toEqual(['add', 'add', 'add'])
})

it('tells of overrides and flags, by name and by key', () => {
  const ios = { name: 'ios', when: { '==': [{ var: 'platform' }, 'ios'] }, data: { on: false } }
  const late = { name: 'late', data: { on: false, late: true } }
  const search = { state: 'ENABLED' as const, variants: { on: true, off: false }, defaultVariant: 'off' }
  const from = { ...none, configVersion: '1.3.0', data: { on: true }, overrides: [ios] }
  const to = {
    ...none,
    configVersion: '1.4.0',
    data: { on: true },
    overrides: [{ ...ios, rollout: 5 }, late],
    flags: { search },
  }
  expect(diffConfigs(from, to)).toEqual({
    from: '1.3.0',
    to: '1.4.0',
    bump: 'minor',
    changes: [
      { pointer: '/overrides/0', kind: 'changed', bump: 'patch', before: ios, after: { ...ios, rollout: 5 } },
      { pointer: '/overrides/1', kind: 'added', bump: 'minor', after: late },
      { pointer: '/flags/search', kind: 'added', bump: 'minor', after: search },
    ],
    jsonPatch: [
      { op: 'add', path: '/overrides/0/rollout', value: 5 },
      { op: 'add', path: '/overrides/1', value: late },
      { op: 'add', path: '/flags', value: { search } },
    ],
    text: [
      '+ /overrides/0/rollout: 5',
      `+ /overrides/1: ${JSON.stringify(late)}`,
      `+ /flags: ${JSON.stringify({ search }).slice(0, 79)}…`,
    ].join('\n'),
  })
})

it('gives a patch that makes exactly the one config of the other', () => {
  const names = fc.constantFrom('a', 'b', 'c')
  const some = fc.dictionary(names, fc.constantFrom(0, 'x', null, [1]), { noNullPrototype: true })
  const overrides = fc.uniqueArray(fc.record({ name: names, data: some }), { selector: ({ name }) => name })
  const flag = some
    .filter((variants) => Object.keys(variants).length > 0)
    .map((variants) => ({ state: 'ENABLED' as const, variants }))
  const flags = fc.dictionary(names, flag, { noNullPrototype: true })
  const config = fc.record({ data: some, overrides, flags }, { requiredKeys: ['data'] })
  fc.assert(
    fc.property(config, config, (from, to) => {
      const diff = diffConfigs({ configVersion: '1.0.0', ...from }, { configVersion: '1.0.1', ...to })
      expect(diff.jsonPatch.reduce(applyStep, from)).toEqual(to)
    }),
  )
})
