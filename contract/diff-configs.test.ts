import { expect, it } from 'vitest'
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
