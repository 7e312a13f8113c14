import { describe, expect, it } from 'vitest'
import { createApp, freshId, manage, readAudit, saveVersion } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'
import { history, made, releaseFleet, smallFleet } from './small-fleet.ts'

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
    ['invalid_field', '/select/labels', { select: { labels: {} }, release: { patch: {} } }],
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

/** What stands in the way of a release over many apps. */
export const fleetRefusals = (shape: () => Shape): void => {
  describe('fleet releases that are refused', () => refusals(shape))
}
