import { afterAll, expect, it } from 'vitest'
import { closeConnections, createUpstream, leaveAlone, pickUpstream, type Upstream } from './upstream.ts'

const made: Upstream[] = []
afterAll(() => made.forEach(closeConnections))
const upstreams = (...pending: number[]): Upstream[] => {
  const all = pending.map((count, i) =>
    Object.assign(
      createUpstream(`http://127.0.0.1:${i + 1}`, () => 0),
      { pending: count },
    ),
  )
  made.push(...all)
  return all
}
const options = { now: 0, isHeld: false, random: 0.4 }

it('is the one with the least requests under way', () => {
  const all = upstreams(3, 1, 2)
  expect(pickUpstream(all, [], options)).toBe(all[1])
  expect(pickUpstream(all, [all[1] as Upstream], options)).toBe(all[2])
})

it('is any of those that have as little to do, so that not all go to the first', () => {
  const all = upstreams(0, 0, 0)
  const picked = [0, 0.34, 0.67].map((random) => pickUpstream(all, [], { ...options, random }))
  expect(picked).toEqual(all)
})

it('is for what stays open the one that has the least of that', () => {
  const [first, second] = upstreams(0, 5) as [Upstream, Upstream]
  first.held = 9
  expect(pickUpstream([first, second], [], { ...options, isHeld: true })).toBe(second)
})

it('is one that is not well, or that stops, only where there is no other', () => {
  const [sick, stopping, well] = upstreams(0, 0, 99) as [Upstream, Upstream, Upstream]
  sick.isHealthy = false
  leaveAlone(stopping, 0)
  expect(pickUpstream([sick, stopping, well], [], options)).toBe(well)
  expect(pickUpstream([sick], [], options)).toBe(sick)
  expect(pickUpstream([stopping, well], [], { ...options, now: 1_000 })).toBe(stopping)
})

it('is none whose circuit breaker is open', () => {
  const [open] = upstreams(0) as [Upstream]
  for (let i = 0; i < 5; i += 1) open.breaker.failed()
  expect(pickUpstream([open], [], options)).toBeUndefined()
})
