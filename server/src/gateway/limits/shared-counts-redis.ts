import type { Redis } from '../../platform/redis/redis.ts'
import { runScript, scriptOf } from '../../platform/redis/run-script.ts'
import type { Policy } from './policy.ts'
import type { Ask, Granted, SharedCounts } from './shared-counts.ts'

/**
 * Counts and grants in one step, by the clock of Redis alone; `i` is the window, `c` and `p` what was used in it and before it.
 * ARGV: window in ms, quota, want, spare, returned, untold, untold before.
 */
const takeScript = scriptOf(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ms, quota, want, spare = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local returned, untold, before = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local window = math.floor(now / ms)
local kept = redis.call('HMGET', KEYS[1], 'i', 'c', 'p')
local used, used_before = 0, 0
if kept[1] then
  local age = window - tonumber(kept[1])
  if age == 0 then used, used_before = tonumber(kept[2]), tonumber(kept[3])
  elseif age == 1 then used_before = tonumber(kept[2]) end
end
used, used_before = math.max(0, used + untold - returned), used_before + before
local free = quota - used - math.floor(used_before * (1 - (now % ms) / ms))
local granted = math.min(want, math.max(0, free))
granted = granted + math.min(spare, math.floor(math.max(0, free - granted) / 8))
redis.call('HSET', KEYS[1], 'i', window, 'c', used + granted, 'p', used_before)
redis.call('PEXPIRE', KEYS[1], 2 * ms)
return { granted, free - granted, used + granted, used_before, now }
`)

/** Counts those that were here in the last ARGV[2] ms. */
const gatewaysScript = scriptOf(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])
`)

const gatewaysKey = 'gateways'
/** A gateway tells of itself three times in this time. */
const goneAfterMs = 15_000

const keyOf = (policy: Policy, client: string): string => `limit:${policy.id}:${client}`

/** The counts in Redis: a hash of three numbers a policy and client, which is forgotten after two windows. */
export const redisCounts = (redis: Redis): SharedCounts => ({
  async take(policy, ask) {
    const key = keyOf(policy, ask.client)
    const answer = await redis.run(key, (commands) =>
      runScript(commands, takeScript, key, valuesOf(policy, ask)),
    )
    return grantedOf(answer)
  },
  epoch: (policy, client) => redis.epoch(keyOf(policy, client)),
  async countGateways(gatewayId) {
    const values = [gatewayId, String(goneAfterMs)]
    return Number(
      await redis.run(gatewaysKey, (commands) => runScript(commands, gatewaysScript, gatewaysKey, values)),
    )
  },
})

const valuesOf = ({ windowMs, quota }: Policy, ask: Ask): string[] =>
  [windowMs, quota, ask.want, ask.spare, ask.returned, ask.untold, ask.untoldBefore].map(String)

const grantedOf = (answer: unknown): Granted => {
  const [granted = 0, free = 0, used = 0, usedBefore = 0, nowMs = 0] = answer as number[]
  return { granted, free, used, usedBefore, nowMs }
}
