import type { Policy } from './policy.ts'
import type { SharedCounts } from './shared-counts.ts'
import { freeOf } from './sliding-window.ts'

/** The counts without Redis, for tests by a clock of their own: the same rules, and a way to lose everything. */
export const memoryCounts = (options: { nowMs: () => number; delay?: () => Promise<void> }) => {
  const { nowMs, delay = async () => {} } = options
  const kept = new Map<string, { window: number; used: number; usedBefore: number }>()
  const gateways = new Set<string>()
  const state = { epoch: 'a', isAway: false, asks: 0 }

  const counts: SharedCounts = {
    async take({ id, quota, windowMs }: Policy, ask) {
      state.asks += 1
      await delay()
      if (state.isAway) throw new Error('away')
      const now = nowMs()
      const window = Math.floor(now / windowMs)
      const key = `${id}:${ask.client}`
      const before = kept.get(key)
      const age = before ? window - before.window : Number.POSITIVE_INFINITY
      const known =
        age === 0
          ? { used: before?.used ?? 0, usedBefore: before?.usedBefore ?? 0 }
          : { used: 0, usedBefore: age === 1 ? (before?.used ?? 0) : 0 }
      const used = Math.max(0, known.used + ask.untold - ask.returned)
      const usedBefore = known.usedBefore + ask.untoldBefore
      const free = freeOf(quota, { used, usedBefore, passed: (now % windowMs) / windowMs })
      const wanted = Math.min(ask.want, Math.max(0, free))
      const granted = wanted + Math.min(ask.spare, Math.floor(Math.max(0, free - wanted) / 8))
      kept.set(key, { window, used: used + granted, usedBefore })
      await delay()
      return { granted, free: free - granted, used: used + granted, usedBefore, nowMs: now }
    },
    epoch: () => (state.isAway ? undefined : state.epoch),
    async countGateways(gatewayId) {
      gateways.add(gatewayId)
      return gateways.size
    },
  }
  return {
    counts,
    state,
    /** As a server that was started anew, with nothing in it. */
    restart() {
      kept.clear()
      state.epoch += 'a'
      state.isAway = false
    },
  }
}
