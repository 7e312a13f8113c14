import { expect, it } from 'vitest'
import { freshRedis } from '../../../../tests/stores/redis.ts'
import type { StoreCall } from '../telemetry/note-store-calls.ts'
import { connectRedis } from './connect-redis.ts'
import { observeRedis } from './observe-redis.ts'

it('tells of each command by its name, and of failures, and changes nothing else', async () => {
  const { url, release } = await freshRedis()
  const calls: StoreCall[] = []
  const redis = observeRedis(connectRedis({ url, timeoutMs: 5_000, onState: () => {} }), (call) =>
    calls.push(call),
  )
  try {
    await expect.poll(() => redis.ping().then(() => true)).toBe(true)
    await redis.run('key', (commands) => commands.set('key', 'value'))
    expect(await redis.run('key', (commands) => commands.get('key'))).toBe('value')
    await redis.publish('channel', 'message')
    await expect(redis.run('key', () => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
    expect(calls.map(({ operation }) => operation)).toEqual(['SET', 'GET', 'PUBLISH', 'NONE'])
    expect(calls.at(-1)?.error).toBeInstanceOf(Error)
    expect(JSON.stringify(calls)).not.toContain('value')
  } finally {
    await redis.close()
    await release()
  }
})
