import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { FleetReleaseMade } from '../../contract/fleet.ts'
import type { Answer } from './ask.ts'
import {
  createApp,
  freshId,
  manage,
  type Page,
  publishApp,
  type Release,
  readAudit,
  readConfig,
  release,
  saveVersion,
} from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

interface SmallFleet {
  template: string
  labels: Record<string, string>
  appIds: string[]
}

/** Three apps on a template, each with 1.0.0 live and 1.1.0 waiting. */
const smallFleet = async (shape: Shape): Promise<SmallFleet> => {
  const { appId: template } = await createApp(shape, { kind: 'template', appId: freshId('template') })
  await saveVersion(shape, template, '1.0.0', { theme: { primary: 'blue', dark: false } })
  await release(shape, template, '1.0.0')
  const labels = { fleet: freshId('label') }
  const appIds = ['a', 'b', 'c'].map((name) => freshId(name))
  for (const appId of appIds) {
    await createApp(shape, { appId, labels, extends: template } as object)
    await saveVersion(shape, appId, '1.0.0', { name: appId })
    await release(shape, appId, '1.0.0')
    await saveVersion(shape, appId, '1.1.0', { name: appId, beta: true })
  }
  return { template, labels, appIds }
}

const releaseFleet = (shape: Shape, body: object, headers: Record<string, string> = {}): Promise<Answer> =>
  manage(shape, 'POST', '/fleet/releases', { body, headers })

const made = (answer: Answer, status = 201): FleetReleaseMade => {
  expect(answer.status, answer.text).toBe(status)
  return answer.json<FleetReleaseMade>()
}

const liveVersions = async (shape: Shape, appIds: readonly string[]): Promise<unknown[]> =>
  Promise.all(appIds.map(async (appId) => (await readConfig(shape, appId)).json().configVersion))

const history = async (shape: Shape, appId: string): Promise<Release[]> =>
  (await manage(shape, 'GET', `/apps/${appId}/releases`)).json<Page<Release>>().items

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
    const audit = await readAudit(shape())
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
    expect(await readAudit(shape())).toEqual(audit)
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

const refusals = (shape: () => Shape): void => {
  it('releases nothing where one app cannot be, and names it: 409', async () => {
    const { appIds } = await smallFleet(shape())
    const [a = '', b = ''] = appIds
    await manage(shape(), 'PATCH', `/apps/${b}`, { body: { requiresApproval: true } })
    const select = { appIds: [...appIds, 'nobody.knows-it'] }
    const answer = await releaseFleet(shape(), { select, release: { configVersion: '1.1.0' } })
    const problem = expectProblem(answer, 'fleet_release_refused')
    expect(problem.detail).toContain('2 of 4 apps')
    expect(problem.errors?.map(({ code }) => code).sort()).toEqual(['app_not_found', 'approval_required'])
    expect(problem.errors?.find(({ code }) => code === 'approval_required')?.detail).toContain(b)
    expect(await history(shape(), a)).toHaveLength(1)
    const override = { configVersion: '1.1.0', override: true, reason: 'It burns' }
    made(await releaseFleet(shape(), { select: { appIds }, release: override }))
    const [row] = (await readAudit(shape())).filter(({ action }) => action === 'fleet.release')
    expect(row?.after).toMatchObject({ overriddenApps: 1, overridden: [{ appId: b }] })
  })

  it('refuses apps whose template has no release, and a rollout where nothing is live', async () => {
    const template = await createApp(shape(), { kind: 'template' })
    const app = await createApp(shape(), { extends: template.appId } as object)
    const other = await createApp(shape())
    for (const { appId } of [app, other]) await saveVersion(shape(), appId, '1.0.0')
    const appIds = [app.appId, other.appId].sort()
    const rollout = 'Canary10Percent20Minutes'
    const answer = await releaseFleet(shape(), {
      select: { appIds },
      release: { configVersion: '1.0.0', rollout },
    })
    const { errors = [] } = expectProblem(answer, 'fleet_release_refused')
    expect(errors.map(({ code }) => code).sort()).toEqual(['rollout_not_possible', 'template_not_released'])
  })

  it('chooses neither templates nor archived apps, and answers 409 where nothing is left', async () => {
    const { appIds, template } = await smallFleet(shape())
    const [a = '', b = '', c = ''] = appIds
    await manage(shape(), 'DELETE', `/apps/${a}`)
    const body = { select: { appIds: [a, b, c, template] }, release: { configVersion: '1.1.0' } }
    expect(made(await releaseFleet(shape(), body)).results.map(({ appId }) => appId)).toEqual([b, c])
    const none = { select: { appIds: [a] }, release: { configVersion: '1.1.0' } }
    expectProblem(await releaseFleet(shape(), none), 'nothing_to_release')
    const nobody = { select: { labels: { fleet: freshId() } }, release: { configVersion: '1.1.0' } }
    expectProblem(await releaseFleet(shape(), nobody), 'nothing_to_release')
  })

  it.each([
    ['invalid_field', '/select', { select: {}, release: { configVersion: '1.0.0' } }],
    ['invalid_field', '/release/configVersion', { select: { appIds: ['a'] }, release: {} }],
    ['missing_field', '/release', { select: { appIds: ['a'] } }],
    ['unknown_field', '/select/team', { select: { appIds: ['a'], team: 1 }, release: { patch: {} } }],
    [
      'invalid_field',
      '/release/reason',
      { select: { appIds: ['a'] }, release: { patch: {}, override: true } },
    ],
  ] as const)('answers %s at %s', async (code, pointer, body) => {
    expect(places(expectProblem(await releaseFleet(shape(), body), code))).toEqual([`${code} ${pointer}`])
  })
}

const rollBack = (shape: Shape, fleetReleaseId: unknown, body: object = {}): Promise<Answer> =>
  manage(shape, 'POST', `/fleet/releases/${fleetReleaseId}/rollback`, { body })

const rollbacks = (shape: () => Shape): void => {
  it('takes all apps back to exactly what was live, the template as it was; and that back again', async () => {
    const { appIds, template } = await smallFleet(shape())
    const [a = ''] = appIds
    const body = { select: { appIds }, release: { configVersion: '1.1.0' } }
    await saveVersion(shape(), template, '1.0.1', { theme: { primary: 'red', dark: false } })
    const fleet = made(await releaseFleet(shape(), body))
    const told = made(await rollBack(shape(), fleet.fleetReleaseId, { dryRun: true }), 200)
    expect(told.results[0]?.diff?.text).toBe('- /data/beta: true')
    expect(await liveVersions(shape(), appIds)).toEqual(['1.1.0', '1.1.0', '1.1.0'])

    const back = made(await rollBack(shape(), fleet.fleetReleaseId, { reason: 'It was too early' }))
    expect(back).toMatchObject({ rollsBack: fleet.fleetReleaseId, apps: 3, reason: 'It was too early' })
    expect(await liveVersions(shape(), appIds)).toEqual(['1.0.0', '1.0.0', '1.0.0'])
    const [newest, , first] = await history(shape(), a)
    expect(newest).toMatchObject({ kind: 'rollback', fleetReleaseId: back.fleetReleaseId })
    expect(first).toMatchObject({ configVersion: '1.0.0' })

    const twice = made(await rollBack(shape(), fleet.fleetReleaseId))
    expect(twice.results.map(({ result }) => result)).toEqual(['unchanged', 'unchanged', 'unchanged'])
    made(await rollBack(shape(), back.fleetReleaseId))
    expect(await liveVersions(shape(), appIds)).toEqual(['1.1.0', '1.1.0', '1.1.0'])
    // What was taken back and forth ends as it was made, so it may still be taken back.
    made(await rollBack(shape(), fleet.fleetReleaseId))
    expect(await liveVersions(shape(), appIds)).toEqual(['1.0.0', '1.0.0', '1.0.0'])
  })

  it('goes back to the template of then, whatever it is now', async () => {
    const { appIds, template } = await smallFleet(shape())
    const [a = ''] = appIds
    await saveVersion(shape(), template, '1.0.1', { theme: { primary: 'red', dark: false } })
    await release(shape(), template, '1.0.1')
    expect((await readConfig(shape(), a)).json()).toMatchObject({ data: { theme: { primary: 'red' } } })
    const [, before] = await history(shape(), a)
    await manage(shape(), 'POST', `/apps/${a}/releases`, { body: { rollbackTo: before?.revision } })
    const fleet = made(
      await releaseFleet(shape(), { select: { appIds: [a] }, release: { configVersion: '1.1.0' } }),
    )
    expect((await readConfig(shape(), a)).json()).toMatchObject({ data: { theme: { primary: 'red' } } })
    made(await rollBack(shape(), fleet.fleetReleaseId))
    expect((await readConfig(shape(), a)).json()).toMatchObject({ data: { theme: { primary: 'blue' } } })
  })

  it('is refused as a whole where an app was released otherwise since, unless that one is back', async () => {
    const { appIds } = await smallFleet(shape())
    const [a = '', b = '', c = ''] = appIds
    const fleet = made(
      await releaseFleet(shape(), { select: { appIds }, release: { configVersion: '1.1.0' } }),
    )
    await release(shape(), a, '1.0.0')
    await saveVersion(shape(), b, '1.2.0', { name: b, beta: true, more: 1 })
    await release(shape(), b, '1.2.0')
    const refused = expectProblem(await rollBack(shape(), fleet.fleetReleaseId), 'fleet_release_refused')
    expect(refused.errors).toEqual([
      { code: 'revision_mismatch', detail: expect.stringContaining(`${b}: it has been released otherwise`) },
    ])
    expect(await liveVersions(shape(), [a, b, c])).toEqual(['1.0.0', '1.2.0', '1.1.0'])
    await release(shape(), b, '1.0.0')
    const back = made(await rollBack(shape(), fleet.fleetReleaseId))
    expect(back.results.map(({ result }) => result)).toEqual(['unchanged', 'unchanged', 'released'])
  })

  it('is refused where nothing was live before', async () => {
    const { appId } = await createApp(shape())
    await saveVersion(shape(), appId, '1.0.0')
    const body = { select: { appIds: [appId] }, release: { configVersion: '1.0.0' } }
    const { fleetReleaseId } = made(await releaseFleet(shape(), body))
    const refused = expectProblem(await rollBack(shape(), fleetReleaseId), 'fleet_release_refused')
    expect(refused.errors?.[0]?.code).toBe('nothing_to_release')
  })

  it('answers 404 for what is no fleet release, 400 for what cannot be one', async () => {
    expectProblem(await rollBack(shape(), 999_999_999), 'fleet_release_not_found')
    expectProblem(await manage(shape(), 'GET', '/fleet/releases/999999999'), 'fleet_release_not_found')
    expectProblem(await manage(shape(), 'GET', '/fleet/releases/last'), 'invalid_parameter')
    expectProblem(await manage(shape(), 'GET', '/fleet/releases?cursor=x'), 'invalid_cursor')
  })
}

/** Two fleet releases over the same apps at once: they take turns, and each app ends as one of them made it. */
const concurrency = (shape: () => Shape): void => {
  it('lets fleet releases over overlapping apps, and releases of the template, take turns', async () => {
    const { appIds, template } = await smallFleet(shape())
    const [a = '', b = '', c = ''] = appIds
    const more = await smallFleet(shape())
    await saveVersion(shape(), template, '1.0.1', { theme: { primary: 'red', dark: false } })
    const patched = (ids: string[], value: number) =>
      releaseFleet(shape(), { select: { appIds: ids }, release: { patch: { value } } })
    const answers = await Promise.all([
      patched([a, b, ...more.appIds], 1),
      patched([...more.appIds, c, b], 2),
      manage(shape(), 'POST', `/apps/${template}/releases`, { body: { configVersion: '1.0.1' } }),
      patched([c, a], 3),
      releaseFleet(shape(), { select: { labels: more.labels }, release: { configVersion: '1.1.0' } }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201])
    for (const appId of [...appIds, ...more.appIds]) {
      const made = await history(shape(), appId)
      const live = (await readConfig(shape(), appId)).json<{ configVersion: string }>()
      expect(live.configVersion).toBe(made[0]?.configVersion)
      // Each stands on the one before it: nobody overlooked another.
      const chain = made.map(({ revision }) => revision)
      const previous = made.map((item) => (item as unknown as { previousRevision: number }).previousRevision)
      expect(previous).toEqual([...chain.slice(1), null])
    }
  })
}

/** One release over many apps, and its way back. */
export const fleet = (shape: () => Shape): void => {
  describe('fleet releases', () => {
    releases(shape)
    dryRuns(shape)
    refusals(shape)
    rollbacks(shape)
    concurrency(shape)
  })
}
