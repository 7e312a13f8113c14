import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createAttempts } from './limit-attempts.ts'

const open = (most = 3) => {
  const clock = { ms: 1_000 }
  const attempts = createAttempts({ most, now: () => clock.ms })
  const withToken = { headers: { authorization: 'Bearer guessed' } }
  return {
    clock,
    /** What a client gets that management would answer with this status. */
    ask(prefix: string, status: number, init: RequestInit = withToken): number {
      const request = new Request('http://front.example/manage/v1/apps', init)
      try {
        attempts.refuse(prefix, request)
      } catch (error) {
        return (error as { status: number }).status
      }
      attempts.note(prefix, request, status)
      return status
    },
    refuse: attempts.refuse,
  }
}

it('429 with the seconds left, after as many wrong tokens as a client may try', () => {
  const { ask, clock, refuse } = open()
  expect([1, 2, 3, 4].map(() => ask('a', 401))).toEqual([401, 401, 401, 429])
  clock.ms += 58_001
  expect(() => refuse('a', new Request('http://front.example/manage/v1/apps'))).toThrow(
    expect.objectContaining({ code: 'too_many_attempts', headers: { 'retry-after': '2' } }),
  )
})

it('a right token is refused too, and one from elsewhere is not', () => {
  const { ask } = open()
  for (let n = 0; n < 3; n++) ask('a', 401)
  expect(ask('a', 200)).toBe(429)
  expect(ask('b', 200)).toBe(200)
})

it('all are looked at again when the minute is over', () => {
  const { ask, clock } = open()
  for (let n = 0; n < 4; n++) ask('a', 401)
  clock.ms += 60_000
  expect([1, 2, 3, 4].map(() => ask('a', 401))).toEqual([401, 401, 401, 429])
})

it('a right token in between does not clear the count', () => {
  const { ask } = open()
  const mine = { headers: { authorization: 'Bearer mine' } }
  expect([1, 2, 3, 4].map(() => [ask('a', 200, mine), ask('a', 401)])).toEqual([
    ...Array(3).fill([200, 401]),
    [200, 429],
  ])
})

it('who was let in before is let in also beside wrong tokens, until that token counts no more', () => {
  const { ask } = open()
  const mine = { headers: { authorization: 'Bearer mine' } }
  ask('a', 200, mine)
  for (let n = 0; n < 3; n++) ask('a', 401)
  expect([ask('a', 200), ask('a', 200, mine)]).toEqual([429, 200])
  expect([ask('a', 401, mine), ask('a', 401, mine)]).toEqual([401, 429])
})

it('answers that say nothing of the token let nobody in', () => {
  const { ask } = open()
  const mine = { authorization: 'Bearer mine' }
  for (const status of [404, 403, 422, 503]) ask('a', status, { headers: mine })
  ask('a', 204, { method: 'OPTIONS', headers: mine })
  for (let n = 0; n < 3; n++) ask('a', 401)
  expect(ask('a', 200, { headers: mine })).toBe(429)
})

it('who sends no token guesses none', () => {
  const { ask } = open()
  for (let n = 0; n < 10; n++) expect(ask('a', 401, {})).toBe(401)
})

it('0 lets anybody try any number', () => {
  const { ask } = open(0)
  for (let n = 0; n < 100; n++) expect(ask('a', 401)).toBe(401)
})

it('remembers those who tried last, of more than it can', () => {
  const { ask } = open(1)
  for (let n = 0; n < 10_005; n++) ask(`${n}`, 401)
  expect(['0', '4', '5', '10004'].map((prefix) => ask(prefix, 404))).toEqual([404, 404, 429, 429])
})

it('never lets more wrong tokens through in a window, in whatever order clients come', () => {
  const step = fc.record({ prefix: fc.constantFrom('a', 'b'), afterMs: fc.nat(40_000) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { ask, clock } = open()
      const tried: Record<string, number[]> = { a: [], b: [] }
      for (const { prefix, afterMs } of steps) {
        clock.ms += afterMs
        if (ask(prefix, 401) === 401) tried[prefix]?.push(clock.ms)
      }
      // Two windows may touch, so any minute has at most twice as many.
      for (const times of Object.values(tried)) {
        for (const at of times)
          expect(times.filter((one) => one >= at && one < at + 60_000).length).toBeLessThan(7)
      }
    }),
  )
})
