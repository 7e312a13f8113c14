import { describe, expect, it } from 'vitest'
import { createApp, manage, readConfig, release, saveVersion } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'
import { history, liveVersions, made, releaseFleet, rollBack, smallFleet } from './small-fleet.ts'

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

  it('keeps the template of now where that has been released since', async () => {
    const { appIds, template } = await smallFleet(shape())
    const [a = ''] = appIds
    const fleet = made(
      await releaseFleet(shape(), { select: { appIds }, release: { configVersion: '1.1.0' } }),
    )
    await saveVersion(shape(), template, '1.0.1', { theme: { primary: 'red', dark: false } })
    await release(shape(), template, '1.0.1')
    const back = made(await rollBack(shape(), fleet.fleetReleaseId))
    expect(await liveVersions(shape(), appIds)).toEqual(['1.0.0', '1.0.0', '1.0.0'])
    expect((await readConfig(shape(), a)).json()).toMatchObject({ data: { theme: { primary: 'red' } } })
    await saveVersion(shape(), template, '1.0.2', { theme: { primary: 'green', dark: false } })
    await release(shape(), template, '1.0.2')
    const twice = made(await rollBack(shape(), fleet.fleetReleaseId))
    expect(twice.results.map(({ result }) => result)).toEqual(['unchanged', 'unchanged', 'unchanged'])
    made(await rollBack(shape(), back.fleetReleaseId))
    expect(await liveVersions(shape(), appIds)).toEqual(['1.1.0', '1.1.0', '1.1.0'])
    expect((await readConfig(shape(), a)).json()).toMatchObject({ data: { theme: { primary: 'green' } } })
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

/** The way back of a release over many apps, and many such releases at once. */
export const fleetRollbacks = (shape: () => Shape): void => {
  describe('fleet rollbacks', () => {
    rollbacks(shape)
    concurrency(shape)
  })
}
