import { describe, expect, test } from 'vitest'
import { guardsOf } from './guard.ts'
import { planOf, type RolloutPlanInput, rolloutPlanInput } from './rollout.ts'

const read = (input: unknown): RolloutPlanInput => rolloutPlanInput.parse(input)
const plan = { growth: 'linear', growthFactorPercent: 20, durationSeconds: 60, bakeSeconds: 60 }
const faultsOf = (input: unknown) => {
  const { error } = rolloutPlanInput.safeParse(input)
  return (error?.issues ?? []).flatMap((issue) =>
    issue.code === 'invalid_union' ? issue.errors.flat() : [issue],
  )
}
const messagesOf = (input: unknown): string[] => faultsOf(input).map(({ message }) => message)
const errors = {
  ...{ name: 'errors', kind: 'events', harm: 'errors', worse: 'more', per: 'session_start' },
  ...{ minimumExposures: 1000, margin: 0.1, alpha: 0.05, maxHoldSeconds: 7200 },
}

describe('the guards of a plan', () => {
  test('are none unless they are asked for: a preset by its name is what it was', () => {
    expect(planOf(read('AllAtOnce'))).not.toHaveProperty('guards')
    expect(planOf(read(plan))).toEqual(plan)
  })

  test('are errors by session_start by default, also with a preset', () => {
    expect(planOf(read({ preset: 'Canary10Percent20Minutes', guards: 'default' }))).toEqual({
      ...{ growth: 'exponential', growthFactorPercent: 10, durationSeconds: 1200, bakeSeconds: 600 },
      guards: [errors],
    })
    expect(planOf(read({ ...plan, guards: [{ kind: 'events' }] }))).toEqual({ ...plan, guards: [errors] })
  })

  test('are called as they say, or by what they look at', () => {
    const guards = [
      { kind: 'events', harm: 'purchase', worse: 'fewer' },
      { kind: 'events', name: 'crashes', harm: 'app_error' },
      { kind: 'alert', rule: 'read-errors' },
      { kind: 'prometheus', query: 'up', threshold: 1 },
    ]
    const names = planOf(read({ ...plan, guards })).guards?.map(({ name }) => name)
    expect(names).toEqual(['purchase', 'crashes', 'read-errors', 'prometheus'])
    expect(guardsOf('default').map(({ name }) => name)).toEqual(['errors'])
  })

  test('have names of their own', () => {
    const guards = [{ kind: 'events' }, { kind: 'events', harm: 'errors' }]
    expect(messagesOf({ ...plan, guards })).toContain(
      'another guard is called errors: give this one a name of its own',
    )
  })

  test.each([
    { preset: 'AllAtOnce', guards: 'default' },
    { ...plan, durationSeconds: 0, guards: [{ kind: 'events' }] },
  ])('cannot compare where all devices have it at once', (input) => {
    expect(messagesOf(input)).toContain(
      'all devices would have it at once, so there is nobody to compare with: give a plan that begins with fewer',
    )
  })

  test('may be an alert rule there', () => {
    const input = { preset: 'AllAtOnce', guards: [{ kind: 'alert', rule: 'read-errors' }] }
    expect(planOf(read(input)).guards).toEqual([{ name: 'read-errors', kind: 'alert', rule: 'read-errors' }])
  })

  test.each([
    [{ kind: 'weather' }],
    [{ kind: 'events', alpha: 0 }],
    [{ kind: 'events', margin: -1 }],
    [{ kind: 'events', harm: 'a b' }],
    [{ kind: 'events', query: 'up' }],
    [{ kind: 'prometheus', query: 'up' }],
    [{ kind: 'prometheus', query: 'up', threshold: 1, url: 'http://localhost:9090' }],
    [{ kind: 'alert' }],
    [],
    Array.from({ length: 9 }, (_, at) => ({ kind: 'events', name: `g${at}` })),
  ])('are refused where one is wrong: %j', (...guards) => {
    expect(rolloutPlanInput.safeParse({ ...plan, guards }).success).toBe(false)
  })
})
