import { expect, it } from 'vitest'
import { eventually } from '../../../../tests/eventually.ts'
import type { Policy } from './policy.ts'
import { memoryCounts } from './shared-counts.fixture.ts'
import { createSharing } from './sharing.ts'

const policy: Policy = { name: 'burst', id: 'burst', quota: 10, windowMs: 1_000, mode: 'shared' }
const ask = { client: 'c', want: 1, spare: 0, returned: 0, untold: 0, untoldBefore: 0 }

it('tells once that each gateway keeps to its part, with the reason, and once that all count together again', async () => {
  let nowMs = 0
  const now = () => nowMs
  const { counts, state } = memoryCounts({ nowMs: now })
  const told: [isApart: boolean, reason: string | undefined][] = []
  const onTurn = (isApart: boolean, error?: unknown) =>
    told.push([isApart, error instanceof Error ? error.message : undefined])
  const sharing = createSharing({ ...{ counts, gatewayId: 'one', now, onTurn }, settleMs: 2_000 })
  const recount = async () => {
    sharing.recount()
    await Promise.resolve()
  }
  await sharing.take(policy, ask)
  expect(sharing.isToldApart()).toBe(false)
  state.isAway = true
  for (let times = 0; times < 3; times += 1) {
    await expect(sharing.take(policy, ask)).rejects.toThrow('away')
    nowMs += 1_000
  }
  // Nobody was asked since: that Redis answers something else proves nothing.
  await recount()
  expect([sharing.isToldApart(), told]).toEqual([true, [[true, 'away']]])
  state.isAway = false
  await sharing.take(policy, ask)
  await recount()
  expect(sharing.isToldApart()).toBe(true)
  nowMs += 2_000
  await recount()
  await eventually(() =>
    expect(told).toEqual([
      [true, 'away'],
      [false, undefined],
    ]),
  )
  expect(sharing.isToldApart()).toBe(false)
  sharing.close()
})
