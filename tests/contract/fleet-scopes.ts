import { describe, expect, it } from 'vitest'
import type { FleetRelease } from '../../contract/fleet.ts'
import { exportAll, fileOf, linesOf, ndjson } from './fleet-file.ts'
import { as, createKey, freshId, manage, type Page } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'
import { liveVersions, made, releaseFleet, rollBack, smallFleet } from './small-fleet.ts'

const scopes = (shape: () => Shape): void => {
  it('refuse a release that would reach an app beyond the key’s; it names those that the request names', async () => {
    const { appIds, labels } = await smallFleet(shape())
    const [a = '', b = '', c = ''] = appIds
    const limited = as(shape(), await createKey(shape(), { role: 'publisher', appIds: [a, b] }))
    const release = { configVersion: '1.1.0' }
    const strange = expectProblem(await releaseFleet(limited, { select: { labels }, release }), 'forbidden')
    expect(strange.detail).not.toContain(c)
    const named = await releaseFleet(limited, { select: { appIds }, release })
    expect(expectProblem(named, 'fleet_release_refused').errors).toEqual([
      { code: 'forbidden', detail: expect.stringContaining(c) },
    ])
    expect(await liveVersions(shape(), appIds)).toEqual(['1.0.0', '1.0.0', '1.0.0'])
    made(await releaseFleet(limited, { select: { labels, appIds: [a, b] }, release }))
    expect(await liveVersions(shape(), appIds)).toEqual(['1.1.0', '1.1.0', '1.0.0'])
  })

  it('show of fleet releases what is of the key’s apps, and no rollback of more', async () => {
    const { appIds } = await smallFleet(shape())
    const [a = ''] = appIds
    const release = { configVersion: '1.1.0' }
    const whole = made(await releaseFleet(shape(), { select: { appIds }, release }))
    const other = await smallFleet(shape())
    const foreign = made(await releaseFleet(shape(), { select: { appIds: other.appIds }, release }))
    const key = await createKey(shape(), { role: 'publisher', appIds: [a] })
    const asked = (path: string) => manage(as(shape(), key), 'GET', path)
    const list = (await asked('/fleet/releases')).json<Page<FleetRelease>>()
    expect(list.items.map(({ fleetReleaseId }) => fleetReleaseId)).toEqual([whole.fleetReleaseId])
    const read = (await asked(`/fleet/releases/${whole.fleetReleaseId}`)).json()
    expect(read).toMatchObject({ apps: 3, results: [{ appId: a }] })
    const unknown = await asked(`/fleet/releases/${foreign.fleetReleaseId}`)
    expectProblem(unknown, 'fleet_release_not_found')
    expectProblem(await rollBack(as(shape(), key), whole.fleetReleaseId), 'forbidden')
    expect(await liveVersions(shape(), appIds)).toEqual(['1.1.0', '1.1.0', '1.1.0'])
  })

  it('export the key’s apps, and import into no others', async () => {
    const { appIds, labels } = await smallFleet(shape())
    const [a = '', b = ''] = appIds
    const viewer = await createKey(shape(), { role: 'viewer', labels })
    const text = await exportAll(as(shape(), viewer))
    expect(new Set(linesOf(text, appIds).map(({ appId }) => appId))).toEqual(new Set(appIds))
    expect(linesOf(text, appIds)).toHaveLength(text.trimEnd().split('\n').length)
    const admin = await createKey(shape(), { role: 'admin', appIds: [a] })
    const answer = await manage(as(shape(), admin), 'POST', '/import', {
      body: fileOf([
        { type: 'app', appId: a, name: 'Mine' },
        { type: 'app', appId: b, name: 'Not mine' },
        { type: 'app', appId: freshId(), name: 'Nor this' },
        { type: 'version', appId: b, configVersion: '9.0.0', data: {} },
        { type: 'release', appId: b, configVersion: '1.1.0' },
      ]),
      headers: { 'content-type': ndjson },
    })
    const { items } = answer.json<{ items: { result: string; problem?: { code: string } }[] }>()
    expect(items.map(({ result, problem }) => problem?.code ?? result)).toEqual([
      'change',
      'forbidden',
      'forbidden',
      'forbidden',
      'forbidden',
    ])
  })

  it('let nobody but an administrator override', async () => {
    const { appIds } = await smallFleet(shape())
    await manage(shape(), 'PATCH', `/apps/${appIds[0]}`, { body: { requiresApproval: true } })
    const publisher = as(shape(), await createKey(shape(), { role: 'publisher' }))
    const release = { configVersion: '1.1.0', override: true, reason: 'In a hurry' }
    expectProblem(await releaseFleet(publisher, { select: { appIds }, release }), 'forbidden')
    made(await releaseFleet(shape(), { select: { appIds }, release }))
  })
}

/** What keys of some apps, or of a lower role, see and do of the fleet. */
export const fleetScopes = (shape: () => Shape): void => {
  describe('keys in the fleet', () => scopes(shape))
}
