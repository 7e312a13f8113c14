import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askRedis } from '../../../../tests/stores/ask.ts'
import { startRedis } from '../../../../tests/stores/own-redis.ts'
import type { OwnServer } from '../../../../tests/stores/own-server.ts'
import { keySlot } from './key-slot.ts'

let server: OwnServer
beforeAll(async () => {
  server = await startRedis({ cluster: true })
})
afterAll(() => server.remove())

test('the slot of a key is the one that Redis says', async () => {
  const pieces = fc.array(fc.constantFrom('{', '}', 'a', 'config:', 'shop', 'é', '{}', ''), { maxLength: 8 })
  const keys = fc.sample(pieces, 300).map((parts) => parts.join(''))
  const slots = await askRedis(
    server.url,
    keys.map((key) => ['CLUSTER', 'KEYSLOT', key]),
  )
  expect(keys.map(keySlot)).toEqual(slots)
})
