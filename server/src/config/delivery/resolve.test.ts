import { describe, expect, it } from 'vitest'
import type { AttributeType } from '../../../../contract/targeting.ts'
import { isInRollout } from '../../platform/buckets/is-in-rollout.ts'
import { prepareRelease } from './prepare.ts'
import { ask, rules } from './rules.fixture.ts'

const releaseOf = (revision: number, type: AttributeType, value: unknown) => ({
  ...{ revision, releasedAt: '2026-11-23T10:00:00.000Z' },
  config: {
    ...{
      configVersion: `${revision}.0.0`,
      minimumAppVersion: null,
      recommendedAppVersion: null,
      deprecationDate: null,
    },
    data: { tester: false },
    overrides: [{ name: 'testers', when: { '===': [{ var: 'beta' }, value] }, data: { tester: true } }],
    attributes: { beta: { type } },
  },
})

describe('what a device tells', () => {
  it('is read as the release that it gets declares it, whatever a rollout is bringing to others', () => {
    const release = prepareRelease(
      {
        ...{ sequence: 7, state: 'released', appId: 'shop', channel: 'stable', sharesSecond: false },
        ...{ pollSeconds: null, ...releaseOf(4, 'boolean', true) },
        candidate: { ...releaseOf(5, 'string', '1'), rolloutId: 3, percent: 50 },
      },
      rules,
    )
    const buckets = Array.from({ length: 100 }, (_, bucket) => bucket)
    for (const bucket of buckets) {
      const body = JSON.parse(String(ask(release, `beta=1&bucket=${bucket}`).variants.identity?.body))
      expect(body).toMatchObject({ revision: isInRollout(3, bucket, 50) ? 5 : 4, data: { tester: true } })
    }
  })
})
