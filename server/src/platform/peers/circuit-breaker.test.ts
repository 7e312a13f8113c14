import { expect, it } from 'vitest'
import { createBreaker } from './circuit-breaker.ts'

const fail = (breaker: ReturnType<typeof createBreaker>, times: number): void => {
  for (let i = 0; i < times; i += 1) breaker.failed()
}

it('opens after five failures in a row, and not after four and a success', () => {
  const breaker = createBreaker(() => 0)
  fail(breaker, 4)
  breaker.succeeded()
  fail(breaker, 4)
  expect([breaker.state(), breaker.admits()]).toEqual(['closed', true])
  breaker.failed()
  expect([breaker.state(), breaker.admits(), breaker.waitMs()]).toEqual(['open', false, 1_000])
})

it('lets one request find out after a second, and closes when that one is answered', () => {
  let now = 0
  const breaker = createBreaker(() => now)
  fail(breaker, 5)
  now = 999
  expect(breaker.admits()).toBe(false)
  now = 1_000
  expect([breaker.state(), breaker.admits(), breaker.begin()]).toEqual(['half_open', true, true])
  expect(breaker.admits()).toBe(false)
  breaker.succeeded()
  expect([breaker.state(), breaker.admits(), breaker.begin()]).toEqual(['closed', true, false])
})

it('stays open for another second when the one that finds out fails', () => {
  let now = 0
  const breaker = createBreaker(() => now)
  fail(breaker, 5)
  now = 1_500
  breaker.begin()
  breaker.failed()
  expect([breaker.admits(), breaker.waitMs()]).toEqual([false, 1_000])
  now = 2_500
  expect(breaker.admits()).toBe(true)
})

it('lets another one find out when the client of the first one left', () => {
  let now = 0
  const breaker = createBreaker(() => now)
  fail(breaker, 5)
  now = 1_000
  const isProbe = breaker.begin()
  // A request from before it opened tells nothing.
  breaker.abandoned(false)
  expect(breaker.admits()).toBe(false)
  breaker.abandoned(isProbe)
  expect(breaker.admits()).toBe(true)
})
