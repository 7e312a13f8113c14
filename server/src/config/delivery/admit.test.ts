import { describe, expect, it } from 'vitest'
import { Problem } from '../../../../contract/problems.ts'
import type { KeyHolder } from '../../platform/keys/client-keys.ts'
import { admit, type Labels, refusalOf } from './admit.ts'
import { snapshotOf } from './live/live.fixture.ts'
import { prepareRelease } from './prepare.ts'
import { rules } from './rules.fixture.ts'

const client = { appId: 'shop', channel: 'beta' }
const fleet = { scope: { appIds: null, labels: null } }
const team = { scope: { appIds: null, labels: { team: 'a' } } }
const some = { scope: { appIds: ['bank'], labels: null } }
const refused = (code: string) => expect.objectContaining({ code })

describe('a key', () => {
  it.each<[what: string, holder: KeyHolder | undefined, isChannelFixed: boolean, expected: unknown]>([
    ['that does not count', undefined, false, refused('unauthorized')],
    ['of a client: its channel', client, false, { channel: 'beta', labels: null }],
    ['of a client where the address names another', client, true, refused('forbidden')],
    ['of another app', { ...client, appId: 'bank' }, false, refused('forbidden')],
    ['of a server: the channel of the address', fleet, false, { channel: 'stable', labels: null }],
    ['of a server for beta too', fleet, true, { channel: 'stable', labels: null }],
    ['limited by labels, to what has them', team, false, { channel: 'stable', labels: { team: 'a' } }],
    ['limited to other apps', some, false, refused('forbidden')],
  ])('opens, %s', (_, holder, isChannelFixed, expected) => {
    expect(admit(holder, { appId: 'shop', channel: 'stable', isChannelFixed })).toEqual(expected)
  })

  it.each<[access: 'public' | 'key', isKeyed: boolean, labels: Labels | null, code: string | undefined]>([
    ['public', false, null, undefined],
    ['public', true, null, undefined],
    ['public', true, { team: 'b' }, 'forbidden'],
    ['key', false, null, 'unauthorized'],
    ['key', true, null, undefined],
    ['key', true, { team: 'a' }, undefined],
    ['key', true, { team: 'a', tier: '1' }, 'forbidden'],
  ])(
    'is asked for by an app with access %s; sent: %j, limited to %j: %s',
    (access, isKeyed, labels, code) => {
      const snapshot = {
        ...snapshotOf('shop', 5),
        ...(access === 'key' && { access }),
        labels: { team: 'a' },
      }
      const refusal = refusalOf(prepareRelease(snapshot, rules), { isKeyed, labels })
      expect(refusal instanceof Problem ? refusal.code : undefined).toBe(code)
    },
  )
})
