import { afterAll, beforeAll, expect, test } from 'vitest'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import { type Fleet, openFleet } from '../rollouts/fleet.fixture.ts'
import { describeChanges } from './describe-changes.ts'

let fleet: Fleet
beforeAll(async () => {
  const [first] = bothDatabases
  if (!first) throw new Error('there is no database')
  fleet = await openFleet(await first.make())
})
afterAll(() => fleet?.close())

test('ten thousand apps may change by a megabyte each: beyond what anybody reads, the bump alone is told', async () => {
  const half = 5 * 1024 * 1024
  for (const appId of ['a', 'b', 'c', 'd']) {
    await fleet.make(appId)
    await fleet.save(appId, '1.0.0', { text: 'before' })
    await fleet.save(appId, '2.0.0', { text: appId === 'd' ? 'after' : 'x'.repeat(half) })
  }
  const appIds = ['a', 'b', 'c', 'd']
  const before = new Map<string, number>()
  for (const appId of appIds) before.set(appId, (await fleet.release(appId, '1.0.0')).revision)
  const made = []
  for (const appId of appIds) {
    const { revision, channel } = await fleet.release(appId, '2.0.0')
    made.push({ appId, channel, revision, sequence: revision })
  }
  const diffs = await describeChanges(fleet.db, made, before)
  expect(diffs.get('a')?.jsonPatch).toEqual([{ op: 'replace', path: '/data/text', value: 'x'.repeat(half) }])
  expect(diffs.get('a')?.text).toMatch(/^~ \/data\/text/)
  expect([...diffs.keys()]).toEqual(appIds)
  expect([diffs.get('c'), diffs.get('d')]).toEqual([{ bump: 'patch' }, { bump: 'patch' }])
})
