import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeSnapshot, encodeSnapshot, type ReleasedSnapshot } from './snapshot.ts'

const config = {
  configVersion: '1.0.0',
  minimumAppVersion: null,
  recommendedAppVersion: '2.0.0',
  deprecationDate: null,
  data: { on: true },
  overrides: [{ name: 'ios', when: { '==': [{ var: 'plan' }, 'paid'] }, data: { on: false } }],
  flags: { search: { state: 'ENABLED' as const, variants: { on: true }, defaultVariant: 'on' } },
  attributes: { plan: { type: 'string' as const } },
}
const snapshot: ReleasedSnapshot = {
  sequence: 9,
  state: 'released',
  appId: 'shop',
  channel: 'beta',
  revision: 7,
  releasedAt: '2026-11-23T10:00:00.000Z',
  sharesSecond: false,
  pollSeconds: 60,
  access: 'key',
  allowedOrigins: ['https://shop.example.com'],
  labels: { team: 'commerce' },
  config,
  candidate: { revision: 8, releasedAt: '2026-11-23T11:00:00.000Z', config, rolloutId: 3, percent: 12.5 },
}

describe('a snapshot in a cache or on disk', () => {
  it('is read back as it was written', () => {
    expect(decodeSnapshot(encodeSnapshot(snapshot), 'shop', 'beta')).toEqual(snapshot)
    const archived = { sequence: 4, state: 'archived', appId: 'shop', channel: 'stable' } as const
    expect(decodeSnapshot(encodeSnapshot(archived), 'shop', 'stable')).toEqual(archived)
  })

  it('is understood as version 0.1.0 wrote it', () => {
    const text =
      '{"sequence":5,"state":"released","appId":"shop","channel":"stable","revision":5,"releasedAt":"2026-11-23T10:00:00.000Z",' +
      '"sharesSecond":false,"config":{"configVersion":"1.0.0","minimumAppVersion":null,"deprecationDate":null,"data":{}}}'
    const understood = decodeSnapshot(text, 'shop', 'stable')
    expect(understood).toMatchObject({ ...{ sequence: 5, pollSeconds: null }, config: { data: {} } })
    // Its apps were for everybody.
    expect(understood).not.toHaveProperty('access')
  })

  it.each([
    ['of another app', { appId: 'bank' }],
    ['of another channel', { channel: 'stable' }],
    ['without a revision', { revision: undefined }],
    ['without a time', { releasedAt: undefined }],
    ['without data', { config: { ...config, data: undefined } }],
    ['with a null for data', { config: { ...config, data: null } }],
    ['with overrides of another form', { config: { ...config, overrides: {} } }],
    ['with flags of another form', { config: { ...config, flags: null } }],
    ['with attributes of another form', { config: { ...config, attributes: 'plan' } }],
    ['with a time to wait of another form', { pollSeconds: '60' }],
    ['with an access that is not known', { access: 'nobody' }],
    ['with origins of another form', { allowedOrigins: '*' }],
    ['with labels of another form', { labels: 'team' }],
    ['with half a candidate', { candidate: { rolloutId: 3, percent: 50 } }],
    ['with a candidate of another form', { candidate: { ...snapshot.candidate, percent: '50' } }],
  ])('counts as absent %s', (_, changed) => {
    expect(decodeSnapshot(JSON.stringify({ ...snapshot, ...changed }), 'shop', 'beta')).toBeNull()
  })

  it('counts as absent where it is anything else, and never throws', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.object().map((value) => JSON.stringify(value)),
    )
    fc.assert(
      fc.property(texts, (text) => {
        expect(decodeSnapshot(text, 'shop', 'beta')).toBeNull()
      }),
    )
  })
})
