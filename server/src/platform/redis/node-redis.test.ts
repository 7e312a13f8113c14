import { expect, test } from 'vitest'
import { createClient, createCluster } from './node-redis.ts'

const rootNodes = [{ url: 'redis://127.0.0.1:6379' }]

test('our clients have the commands that we send and no others', () => {
  for (const client of [createClient(), createCluster({ rootNodes })]) {
    for (const name of ['get', 'set', 'del', 'expire', 'eval', 'evalSha', 'publish', 'ping', 'info']) {
      expect(client).toHaveProperty(name, expect.any(Function))
    }
    expect(client).not.toHaveProperty('hSet')
  }
})

test('whoever imports the library, though later, has all its commands', async () => {
  const whole = await import('@redis/client')
  expect(whole.createClient()).toHaveProperty('hSet', expect.any(Function))
  expect(whole.createCluster({ rootNodes })).toHaveProperty('hSet', expect.any(Function))
})
