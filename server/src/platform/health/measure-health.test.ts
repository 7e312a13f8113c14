import { expect, it } from 'vitest'
import type { Health } from '../../../../contract/health.ts'
import { keepForASecond, notConfigured } from './measure-health.ts'

const ok: Health = {
  status: 'ok',
  timestamp: '2026-11-23T10:00:00.000Z',
  services: { database: notConfigured, redis: notConfigured, external_apis: notConfigured },
}

it('shares the measurement under way however long it takes: stores that are silent are not asked more for it', async () => {
  const { promise, resolve } = Promise.withResolvers<Health>()
  let measured = 0
  const health = keepForASecond(() => {
    measured += 1
    return promise
  })
  const first = health()
  await new Promise((later) => setTimeout(later, 1_100))
  const second = health()
  expect(measured).toBe(1)
  resolve(ok)
  expect(await Promise.all([first, second])).toEqual([ok, ok])
  await health()
  expect(measured).toBe(2)
})
