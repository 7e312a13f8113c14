import { describe, expect, it } from 'vitest'
import { diffEvaluated } from './diff-evaluated.ts'

const said = { minimumAppVersion: null, recommendedAppVersion: null, deprecationDate: null }
const live = {
  ...{ ...said, configVersion: '1.0.0', data: { a: 1, b: { c: true } } },
  flags: { search: { value: false, variant: 'off', reason: 'STATIC' } },
}

describe('diffEvaluated', () => {
  it('tells what differs for a device, flags as they were evaluated', () => {
    const next = {
      ...{ ...said, configVersion: '1.1.0', minimumAppVersion: '2.0.0', data: { a: 1, b: { c: false } } },
      flags: { search: { value: true, variant: 'on', reason: 'TARGETING_MATCH' } },
    }
    const diff = diffEvaluated(live, next)
    expect(diff).toMatchObject({ from: '1.0.0', to: '1.1.0', bump: 'patch' })
    expect(diff.changes.map(({ pointer }) => pointer)).toEqual([
      '/minimumAppVersion',
      '/data/b/c',
      '/flags/search/value',
      '/flags/search/variant',
      '/flags/search/reason',
    ])
    expect(diff.jsonPatch).toContainEqual({ op: 'replace', path: '/flags/search/value', value: true })
  })

  it('is empty between what is the same for the device', () => {
    const diff = diffEvaluated(live, { ...live, configVersion: '1.1.0' })
    expect(diff).toMatchObject({ from: '1.0.0', to: '1.1.0', bump: 'none', changes: [], jsonPatch: [] })
  })

  it('has everything as new where nothing is live', () => {
    const diff = diffEvaluated(null, live)
    expect(diff).toMatchObject({ from: null, to: '1.0.0' })
    expect(diff.changes.map(({ pointer, kind }) => [pointer, kind])).toEqual([
      ['/data/a', 'added'],
      ['/data/b', 'added'],
      ['/flags/search', 'added'],
    ])
  })
})
