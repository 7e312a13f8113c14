import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  createApp,
  manage,
  newestAudit,
  type Page,
  publishApp,
  readAudit,
  readConfig,
  release,
  saveVersion,
} from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'
import { history, liveVersions, made, releaseFleet, rollBack, smallFleet } from './small-fleet.ts'

const releases = (shape: () => Shape): void => {
  it('releases a version in every app with these labels: 201, a line for each, and all are live', async () => {
    const { labels, appIds, template } = await smallFleet(shape())
    const outsider = await publishApp(shape())
    const answer = await releaseFleet(shape(), {
      select: { labels, extends: template },
      release: { configVersion: '1.1.0', reason: 'Black Friday' },
    })
    const fleet = made(answer)
    expect(answer.headers.location).toBe(`/manage/v1/fleet/releases/${fleet.fleetReleaseId}`)
    expect(fleet).toMatchObject({ rolloutId: null, rollsBack: null, apps: 3, reason: 'Black Friday' })
    expect(fleet.results).toEqual(
      appIds.map((appId) => ({
        appId,
        channel: 'stable',
        result: 'released',
        configVersion: '1.1.0',
        previousVersion: '1.0.0',
        revision: expect.any(Number),
        problem: null,
      })),
    )
    expect(await liveVersions(shape(), appIds)).toEqual(['1.1.0', '1.1.0', '1.1.0'])
    const [newest] = await history(shape(), appIds[0] ?? '')
    expect(newest).toMatchObject({
      revision: fleet.results[0]?.revision,
      fleetReleaseId: fleet.fleetReleaseId,
      kind: 'publish',
      reason: 'Black Friday',
    })
    expect(await history(shape(), outsider.appId)).toHaveLength(1)
    const read = await manage(shape(), 'GET', `/fleet/releases/${fleet.fleetReleaseId}`)
    expect(read.json()).toEqual(fleet)
    const page = (await manage(shape(), 'GET', '/fleet/releases?limit=1')).json<Page<object>>()
    const { results: _, ...summary } = fleet
    expect(page.items).toEqual([summary])
  })

  it('writes one row of audit for all, with what was live before and after', async () => {
    const { appIds } = await smallFleet(shape())
    const select = { appIds }
    const fleet = made(await releaseFleet(shape(), { select, release: { configVersion: '1.1.0' } }))
    const rows = (await readAudit(shape())).filter(({ action }) => action === 'fleet.release')
    expect(rows[0]).toMatchObject({ appId: null, target: String(fleet.fleetReleaseId), actor: 'admin' })
    expect(rows[0]?.after).toMatchObject({
      select,
      apps: 3,
      live: Object.fromEntries(fleet.results.map(({ appId, revision }) => [appId, revision])),
    })
    expect(Object.keys(rows[0]?.before?.live as object).sort()).toEqual([...appIds].sort())
  })

  it('leaves apps alone in which this is live already', async () => {
    const { appIds } = await smallFleet(shape())
    await release(shape(), appIds[1] ?? '', '1.1.0')
    const body = { select: { appIds }, release: { configVersion: '1.1.0' } }
    const fleet = made(await releaseFleet(shape(), body))
    expect(fleet.results.map(({ result }) => result)).toEqual(['released', 'unchanged', 'released'])
    expect(fleet.apps).toBe(2)
    const again = made(await releaseFleet(shape(), body))
    expect(again.results.map(({ result }) => result)).toEqual(['unchanged', 'unchanged', 'unchanged'])
    expect(again.apps).toBe(0)
    expect(await history(shape(), appIds[0] ?? '')).toHaveLength(2)
  })

  it('promotes what is live on another channel of each app', async () => {
    const { appIds } = await smallFleet(shape())
    const select = { appIds }
    made(await releaseFleet(shape(), { select, release: { configVersion: '1.1.0', channel: 'beta' } }))
    expect(await liveVersions(shape(), appIds)).toEqual(['1.0.0', '1.0.0', '1.0.0'])
    made(await releaseFleet(shape(), { select, release: { promoteFrom: 'beta' } }))
    expect(await liveVersions(shape(), appIds)).toEqual(['1.1.0', '1.1.0', '1.1.0'])
    const own = await releaseFleet(shape(), { select, release: { promoteFrom: 'stable' } })
    expectProblem(own, 'nothing_to_release')
  })

  it('patches the own data of each app, under versions as the change deserves', async () => {
    const { appIds } = await smallFleet(shape())
    const [a = '', b = ''] = appIds
    made(await releaseFleet(shape(), { select: { appIds }, release: { configVersion: '1.1.0' } }))
    await saveVersion(shape(), b, '2.0.0', { name: b, theme: { primary: 'red' } })
    await release(shape(), b, '2.0.0')
    const patch = { theme: { primary: 'green' }, api: 'https://api2.example.com' }
    const fleet = made(
      await releaseFleet(shape(), { select: { appIds }, release: { patch, reason: 'Green' } }),
    )
    expect(fleet.results.map(({ configVersion }) => configVersion)).toEqual(['1.2.0', '2.1.0', '1.2.0'])
    expect((await readConfig(shape(), a)).json()).toMatchObject({
      configVersion: '1.2.0',
      data: {
        name: a,
        beta: true,
        api: 'https://api2.example.com',
        theme: { primary: 'green', dark: false },
      },
    })
    const saved = (await manage(shape(), 'GET', `/apps/${a}/configs/1.2.0`)).json()
    expect(saved).toMatchObject({ note: 'Green', data: { name: a, beta: true, ...patch } })
    // The same once more changes nothing, so there is no further version.
    const again = made(await releaseFleet(shape(), { select: { appIds }, release: { patch } }))
    expect(again.results.map(({ result }) => result)).toEqual(['unchanged', 'unchanged', 'unchanged'])
  })

  it('brings all of them in stages with one rollout', async () => {
    const { appIds } = await smallFleet(shape())
    const plan = { growth: 'linear', growthFactorPercent: 10, durationSeconds: 86_400, bakeSeconds: 60 }
    const select = { appIds }
    const fleet = made(
      await releaseFleet(shape(), { select, release: { configVersion: '1.1.0', rollout: plan } }),
    )
    expect(fleet.rolloutId).toEqual(expect.any(Number))
    expect(await liveVersions(shape(), appIds)).toEqual(['1.0.0', '1.0.0', '1.0.0'])
    const rollout = (await manage(shape(), 'GET', `/rollouts/${fleet.rolloutId}`)).json()
    expect(rollout).toMatchObject({ apps: 3, state: 'running' })
    const other = await releaseFleet(shape(), { select, release: { configVersion: '1.1.0' } })
    expect(expectProblem(other, 'fleet_release_refused').errors?.[0]?.code).toBe('rollout_in_progress')
    await manage(shape(), 'POST', `/rollouts/${fleet.rolloutId}/promote`, { body: {} })
    expect(await liveVersions(shape(), appIds)).toEqual(['1.1.0', '1.1.0', '1.1.0'])
    made(await rollBack(shape(), fleet.fleetReleaseId))
    expect(await liveVersions(shape(), appIds)).toEqual(['1.0.0', '1.0.0', '1.0.0'])
  })

  it('answers the same again to the same Idempotency-Key', async () => {
    const { appIds } = await smallFleet(shape())
    const key = { 'idempotency-key': randomUUID() }
    const body = { select: { appIds }, release: { configVersion: '1.1.0' } }
    const first = await releaseFleet(shape(), body, key)
    const again = await releaseFleet(shape(), body, key)
    expect(again.text).toBe(first.text)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(await history(shape(), appIds[0] ?? '')).toHaveLength(2)
  })
}

const dryRuns = (shape: () => Shape): void => {
  it('tells what clients would see change, does nothing, and then does just that', async () => {
    const { appIds } = await smallFleet(shape())
    made(await releaseFleet(shape(), { select: { appIds }, release: { configVersion: '1.1.0' } }))
    const audit = await newestAudit(shape())
    const body = { select: { appIds }, release: { patch: { theme: { primary: 'green' } } } }
    const told = made(await releaseFleet(shape(), { ...body, dryRun: true }), 200)
    expect(told).toMatchObject({ fleetReleaseId: null, createdAt: null, apps: 3 })
    expect(told.results[0]).toMatchObject({
      result: 'released',
      configVersion: '1.1.1',
      previousVersion: '1.1.0',
      revision: null,
      diff: {
        bump: 'patch',
        text: '~ /data/theme/primary: "blue" -> "green"',
        jsonPatch: [{ op: 'replace', path: '/data/theme/primary', value: 'green' }],
      },
    })
    expect(await newestAudit(shape())).toEqual(audit)
    expect(await history(shape(), appIds[0] ?? '')).toHaveLength(2)
    expect((await manage(shape(), 'GET', `/apps/${appIds[0]}/configs/1.1.1`)).status).toBe(404)
    const done = made(await releaseFleet(shape(), body))
    expect(done.results.map((result) => ({ ...result, revision: null }))).toEqual(
      told.results.map(({ diff: _, ...result }) => result),
    )
  })

  it('tells which apps would be refused', async () => {
    const { appIds } = await smallFleet(shape())
    const bare = await createApp(shape())
    const all = [...appIds, bare.appId, 'nobody.knows-it']
    const body = { select: { appIds: all }, release: { configVersion: '1.1.0' }, dryRun: true }
    const { results } = made(await releaseFleet(shape(), body), 200)
    const refused = results.filter(({ result }) => result === 'refused')
    expect(refused.map(({ appId, problem }) => [appId, problem?.code])).toEqual(
      [
        [bare.appId, 'version_not_found'],
        ['nobody.knows-it', 'app_not_found'],
      ].sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    )
    expect(results).toHaveLength(5)
  })
}

/** One release over many apps. */
export const fleet = (shape: () => Shape): void => {
  describe('fleet releases', () => {
    releases(shape)
    dryRuns(shape)
  })
}
