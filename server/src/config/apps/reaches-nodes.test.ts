import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChangeAppInput } from '../../../../contract/app.ts'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import { administrator } from '../../platform/auth/authenticate.ts'
import { importFleet } from '../fleet/import/import-fleet.ts'
import { type Fleet, openFleet } from '../rollouts/fleet.fixture.ts'
import { findSnapshots } from '../store/snapshots.ts'
import { changeApp } from './change-app.ts'

/** How nodes hold each of these; what they need not be told is absent. */
const said: [change: Pick<ChangeAppInput, 'pollSeconds' | 'access' | 'allowedOrigins'>, held: object][] = [
  [{ pollSeconds: 60 }, { pollSeconds: 60 }],
  [{ pollSeconds: null }, { pollSeconds: null }],
  [{ access: 'key' }, { access: 'key' }],
  [{ access: 'public' }, { access: undefined }],
  [{ allowedOrigins: ['https://a.example'] }, { allowedOrigins: ['https://a.example'] }],
  [{ allowedOrigins: [] }, { allowedOrigins: [] }],
  [{ allowedOrigins: null }, { allowedOrigins: undefined }],
]

describe.each(bothDatabases)('how long devices of an app wait, and who may read it, on $kind', ({ make }) => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await openFleet(await make())
  })
  afterAll(() => fleet?.close())

  /** What nodes would hold of a channel. */
  const held = async (appId: string, channel: string) => {
    const found = await findSnapshots(fleet.db, [{ appId, channel }])
    return [...found.values()][0] as { sequence: number }
  }
  async function* lines(...values: object[]) {
    for (const [at, value] of values.entries()) yield { number: at + 1, value: value as never, bytes: 100 }
  }
  const by = (way: string, appId: string, change: ChangeAppInput) => {
    if (way === 'a change') return fleet.admin((scope) => changeApp(scope, appId, change, undefined))
    const by = { actor: administrator, requestId: 'test' }
    const line = { type: 'app', appId, name: appId, ...change }
    return Array.fromAsync(
      importFleet(lines(line), { transact: fleet.transact, by, dryRun: false, onFault: () => {} }),
    )
  }

  it.each(['a change', 'an import'])('reaches nodes with %s', async (way) => {
    const appId = `by ${way}`.replaceAll(' ', '-')
    await fleet.ready(appId)
    for (const [change, expected] of said) {
      const before = await held(appId, 'stable')
      fleet.told.length = 0
      await by(way, appId, change)
      const after = await held(appId, 'stable')
      for (const [name, value] of Object.entries(expected)) expect(after[name as 'sequence']).toEqual(value)
      expect(after.sequence).toBeGreaterThan(before.sequence)
      expect(fleet.told).toEqual([{ appId, channel: 'stable', sequence: after.sequence }])
    }
  })
})
