import { describe, expect, test } from 'vitest'
import type { PrometheusGuard } from '../../../../contract/guard.ts'
import { judgeAlert } from './judge-alert.ts'
import { judgeValues } from './judge-values.ts'

const guard: PrometheusGuard = {
  ...{ name: 'failures', kind: 'prometheus', query: 'x', worse: 'above', threshold: 0.5 },
  ...{ forSeconds: 60, maxHoldSeconds: 600 },
}
const calm = { worseSince: null }
const moment = { now: 1_000_000, waitedSeconds: 0 }

describe('judgeValues', () => {
  test('lets the rollout go on while no series is past the threshold', () => {
    expect(judgeValues(guard, { worseSince: 5 }, { values: [0.1, 0.5] }, moment)).toEqual({
      ...{ decision: 'go', reason: 'is not above 0.5', value: 0.5, watched: calm },
    })
  })

  test('holds it at once, and takes it back when that lasts', () => {
    const first = judgeValues(guard, calm, { values: [0.1, 0.7] }, moment)
    expect(first).toMatchObject({ decision: 'hold', value: 0.7, watched: { worseSince: 1_000_000 } })
    const later = { ...moment, now: 1_060_000 }
    expect(judgeValues(guard, first.watched, { values: [0.6] }, later)).toMatchObject({
      decision: 'rollback',
      reason: '0.6 is above 0.5, for 60 s or longer',
    })
    expect(judgeValues(guard, calm, { values: [0.6] }, later).decision).toBe('hold')
  })

  test('looks at the least where below is worse', () => {
    const below: PrometheusGuard = { ...guard, worse: 'below', threshold: 10, forSeconds: 0 }
    expect(judgeValues(below, calm, { values: [20, 9] }, moment)).toMatchObject({
      decision: 'rollback',
      value: 9,
    })
    expect(judgeValues(below, calm, { values: [20, 10] }, moment).decision).toBe('go')
  })

  test('holds without an answer for as long as there is none, and forgets nothing', () => {
    const waited = { ...moment, waitedSeconds: 100_000 }
    expect(
      judgeValues(guard, { worseSince: 5 }, { problem: 'Prometheus does not answer (ECONNREFUSED)' }, waited),
    ).toEqual({
      ...{ decision: 'hold', reason: 'Prometheus does not answer (ECONNREFUSED)', value: null },
      watched: { worseSince: 5 },
    })
  })

  test('holds without a value only as long as it may', () => {
    expect(judgeValues(guard, calm, { values: [] }, moment).decision).toBe('hold')
    expect(judgeValues(guard, calm, { values: [] }, { ...moment, waitedSeconds: 600 })).toMatchObject({
      decision: 'go',
      reason: 'goes on after 600 s without a value',
    })
  })
})

describe('judgeAlert', () => {
  const startedAt = new Date('2026-11-28T10:00:00Z')
  test.each([
    [undefined, 'hold', 'there is no alert rule slow-reads'],
    [{ state: 'quiet', since: null }, 'go', 'the alert slow-reads is quiet'],
    [{ state: 'pending', since: null }, 'hold', 'the alert slow-reads is about to fire'],
    [
      { state: 'firing', since: new Date('2026-11-28T09:00:00Z') },
      'hold',
      'the alert slow-reads fires since before the rollout began',
    ],
    [{ state: 'firing', since: new Date('2026-11-28T10:05:00Z') }, 'rollback', 'the alert slow-reads fires'],
  ] as const)('says of %j: %s', (alert, decision, why) => {
    const said = judgeAlert({ name: 'slow', kind: 'alert', rule: 'slow-reads' }, alert, startedAt)
    expect(said).toEqual({ decision, reason: why })
  })
})
