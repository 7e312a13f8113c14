import { BucketMemory } from './buckets.ts'
import { PolicyLimiter } from './limit-policy.ts'
import type { Policy } from './policy.ts'
import { memoryCounts } from './shared-counts.fixture.ts'
import { createSharing } from './sharing.ts'
import { askAll, takeAll } from './take-all.ts'

/** Time that goes on only when told to, from a whole number of hours after 1970. */
const createClock = () => {
  const waiting: { at: number; wake: () => void }[] = []
  const clock = {
    ms: 3_600_000 * 400_000,
    sleep: (forMs: number) => new Promise<void>((wake) => void waiting.push({ at: clock.ms + forMs, wake })),
    async pass(forMs: number) {
      clock.ms += forMs
      for (let index = waiting.length - 1; index >= 0; index -= 1) {
        const one = waiting[index]
        if (one && one.at <= clock.ms) {
          waiting.splice(index, 1)
          one.wake()
        }
      }
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
  return clock
}

/** How many requests a gateway gets in a second, at this time since the start. */
export type Traffic = (gateway: number, sinceMs: number) => number

/** One request of one client under a policy. */
export const decide = (limiter: PolicyLimiter, now: () => number): boolean | Promise<boolean> => {
  const nowMs = now()
  const applied = [{ limiter, bucket: limiter.bucketOf('c', nowMs), cost: 1, verdict: 'unknown' as const }]
  return takeAll(applied, 1, nowMs) ?? askAll(applied, now)
}

/** Several gateways under one policy and one client, by a clock of their own; each question to the counts takes a while. */
export const simulate = async (options: {
  policy: Policy
  gateways: number
  forMs: number
  traffic: Traffic
  stepMs?: number
  roundTripMs?: number
  /** Told of each step, as to take the counts away. */
  onStep?: (sinceMs: number, counts: ReturnType<typeof memoryCounts>) => void
}) => {
  const { policy, forMs, traffic, stepMs = 1, roundTripMs = 2 } = options
  const clock = createClock()
  const shared = memoryCounts({ nowMs: () => clock.ms, delay: () => clock.sleep(roundTripMs / 2) })
  const now = () => clock.ms
  const nodes = Array.from({ length: options.gateways }, (_, index) => {
    const sharing = createSharing({
      counts: shared.counts,
      gatewayId: `g${index}`,
      now,
      wallMs: now,
      onTurn: () => {},
    })
    return {
      sharing,
      limiter: new PolicyLimiter(policy, { sharing, now, memory: new BucketMemory(1_000) }),
      due: index / options.gateways,
    }
  })
  await clock.pass(0)
  for (const { sharing } of nodes) sharing.recount()
  await clock.pass(0)
  /** Admitted in each window. */
  const admitted: number[] = []
  let offered = 0
  const pending = new Set<Promise<void>>()
  const ask = (limiter: PolicyLimiter) => {
    const decided = decide(limiter, now)
    const count = (isAdmitted: boolean): void => {
      if (!isAdmitted) return
      const window = Math.floor((clock.ms - start) / policy.windowMs)
      admitted[window] = (admitted[window] ?? 0) + 1
    }
    if (typeof decided === 'boolean') return count(decided)
    const one = decided.then(count).finally(() => pending.delete(one))
    pending.add(one)
  }
  const start = clock.ms
  for (let since = 0; since < forMs; since += stepMs) {
    options.onStep?.(since, shared)
    for (const [index, node] of nodes.entries()) {
      node.due += (traffic(index, since) * stepMs) / 1_000
      for (; node.due >= 1; node.due -= 1) {
        offered += 1
        ask(node.limiter)
      }
      if (since % 50 === 0) node.limiter.sweep(clock.ms)
    }
    await clock.pass(stepMs)
  }
  for (let step = 0; pending.size > 0 && step < 1_000; step += 1) await clock.pass(stepMs)
  for (const { sharing } of nodes) sharing.close()
  return { admitted, offered, asks: shared.state.asks }
}
