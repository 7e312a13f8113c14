import { hash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { memoryChanges } from '../../platform/changes/changes-memory.ts'
import { type CheckedKey, checkKeys } from './check-keys.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const told = () => new Promise((resolve) => setTimeout(resolve, 5))
const keyOf = (text: string, more: Partial<CheckedKey> = {}): CheckedKey => ({
  keyId: text,
  role: 'client',
  appIds: ['shop'],
  channel: 'stable',
  expiresAt: null,
  hash: hash('sha256', text),
  ...more,
})

/** What the config service knows, by its hash, and how often it was asked. */
const open = (options: { isFed?: boolean; keys?: CheckedKey[] } = {}) => {
  const { isFed = true, keys = [keyOf('k1')] } = options
  const clock = { ms: 0 }
  const config = { keys: new Map(keys.map((key) => [key.hash, key])), asked: [] as string[][], isAway: false }
  const changes = isFed ? memoryChanges({ onError: () => {} }) : undefined
  const checked = checkKeys({
    ask: async (hashes) => {
      config.asked.push([...hashes])
      if (config.isAway) throw new Error('away')
      return hashes.map((one) => config.keys.get(one) ?? null)
    },
    changes,
    onError: () => {},
    now: () => clock.ms,
  })
  closers.push(checked.close, () => changes?.close())
  return { checked, config, clock, changes }
}

describe('a key', () => {
  it('is asked for once, by its hash alone, and then known at once', async () => {
    const { checked, config } = open()
    expect(await checked.find('k1')).toEqual(keyOf('k1'))
    expect(await checked.find('nobody')).toBeNull()
    expect(checked.find('k1')).toEqual(keyOf('k1'))
    expect(checked.find('nobody')).toBeNull()
    expect(config.asked).toEqual([[hash('sha256', 'k1')], [hash('sha256', 'nobody')]])
  })

  it('that is revoked is asked for again after the notice, also when it was just being asked for', async () => {
    const { checked, config, changes, clock } = open()
    await checked.find('k1')
    config.keys.clear()
    await changes?.notify({ topic: 'keys', names: ['k1'] })
    await told()
    const asking = checked.find('k1')
    clock.ms += 1
    await changes?.notify({ topic: 'keys', names: ['k1'] })
    await told()
    expect(await asking).toBeNull()
    clock.ms += 1
    expect(await checked.find('k1')).toBeNull()
  })

  it('that was tried before it was made counts after the notice', async () => {
    const { checked, config, changes, clock } = open({ keys: [] })
    expect(await checked.find('k1')).toBeNull()
    config.keys.set(hash('sha256', 'k1'), keyOf('k1'))
    clock.ms += 1
    await changes?.notify({ topic: 'keys', names: ['k1'] })
    await told()
    clock.ms += 1
    expect(await checked.find('k1')).toEqual(keyOf('k1'))
  })

  it.each([
    ['ten seconds with a feed', true, 9_999, 10_000],
    ['half a second without', false, 499, 500],
  ])('is known for %s', async (_, isFed, knownMs, forgottenMs) => {
    const { checked, config, clock } = open({ isFed })
    await checked.find('k1')
    clock.ms = knownMs
    expect(checked.find('k1')).toEqual(keyOf('k1'))
    clock.ms = forgottenMs
    config.keys.clear()
    expect(await checked.find('k1')).toBeNull()
  })

  it('counts as before while the config service is away; one that was never seen is 503', async () => {
    const { checked, config, clock } = open()
    await checked.find('k1')
    config.isAway = true
    clock.ms = 10_001
    expect(await checked.find('k1')).toEqual(keyOf('k1'))
    clock.ms = 30_000
    expect(checked.find('k1')).toEqual(keyOf('k1'))
    await expect(checked.find('k2')).rejects.toMatchObject({ code: 'upstream_unavailable', status: 503 })
  })

  it('that was changed does not count as before while the config service is away: it may have been revoked', async () => {
    const { checked, config, changes } = open({ keys: [keyOf('k1'), keyOf('k2')] })
    await Promise.all([checked.find('k1'), checked.find('k2')])
    config.isAway = true
    await changes?.notify({ topic: 'keys', names: ['k1'] })
    await told()
    await expect(checked.find('k1')).rejects.toMatchObject({ code: 'upstream_unavailable' })
    expect(checked.find('k2')).toEqual(keyOf('k2'))
  })

  it('that has expired does not count, without being asked for', async () => {
    const { checked } = open({ keys: [keyOf('k1', { expiresAt: '2020-01-01T00:00:00Z' })] })
    expect(await checked.find('k1')).toBeNull()
    expect(checked.find('k1')).toBeNull()
  })

  it('of a stranger takes no memory beyond a bound, and none at all when it is too long to be one', async () => {
    const { checked, config } = open()
    expect(checked.find('x'.repeat(513))).toBeNull()
    expect(config.asked).toEqual([])
    await Promise.all(Array.from({ length: 12_000 }, (_, n) => checked.find(`invented ${n}`)))
    expect(checked.size()).toBeLessThanOrEqual(10_000)
    for (const batch of config.asked) expect(batch.length).toBeLessThanOrEqual(500)
  })
})
