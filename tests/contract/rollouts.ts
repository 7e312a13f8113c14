import { describe, expect, it } from 'vitest'
import { ahead } from '../ahead.ts'
import { eventually } from '../eventually.ts'
import type { Answer } from './ask.ts'
import {
  as,
  createApp,
  createKey,
  manage,
  type Page,
  publishApp,
  type Release,
  readAudit,
  readConfig,
  saveVersion,
} from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

interface Rollout {
  rolloutId: number
  state: string
  percent: number
  nextStepAt: string | null
  endedAt: string | null
  reason: string | null
}

const plan = { growth: 'linear', growthFactorPercent: 50, durationSeconds: 2, bakeSeconds: 0 }
const slow = { growth: 'exponential', growthFactorPercent: 12.5, durationSeconds: 3600, bakeSeconds: 3600 }

/** Releases 2.0.0 of an app that has 1.0.0 live, in stages. */
const start = async (shape: Shape, appId: string, rollout: unknown = slow): Promise<Release> => {
  const body = { configVersion: '2.0.0', rollout }
  const answer = await manage(shape, 'POST', `/apps/${appId}/releases`, { body })
  expect(answer.status, answer.text).toBe(201)
  return answer.json<Release>()
}
const begin = async (shape: Shape, rollout?: unknown) => {
  const { appId, revision: before } = await publishApp(shape, { version: 1 })
  await saveVersion(shape, appId, '2.0.0', { version: 2 })
  const { rolloutId, revision } = await start(shape, appId, rollout)
  return { appId, before, revision, id: Number(rolloutId) }
}
const read = async (shape: Shape, id: number) =>
  (await manage(shape, 'GET', `/rollouts/${id}`)).json<Rollout>()
const act = (shape: Shape, id: number, action: string, body: object = {}): Promise<Answer> =>
  manage(shape, 'POST', `/rollouts/${id}/${action}`, { body })
const signal = (shape: Shape, id: number, body: object): Promise<Answer> =>
  manage(shape, 'PUT', `/rollouts/${id}/signal`, { body })
const served = async (shape: Shape, appId: string) =>
  (await readConfig(shape, appId)).json<{ data: { version: number } }>().data.version

const grows = (shape: () => Shape): void => {
  it('serves /v1 the old config until all devices have the new one, then goes live by itself and ends', async () => {
    const { appId, revision, id, asked, answer, old } = await ahead(1_000, async (soon, ms) => {
      soon()
      const asked = { ...plan, durationSeconds: ms / 500 }
      const begun = await begin(shape(), asked)
      const answer = await manage(shape(), 'GET', `/rollouts/${begun.id}`)
      return { ...begun, asked, answer, old: await served(shape(), begun.appId) }
    })
    expect([answer.status, old]).toEqual([200, 1])
    expect(answer.json()).toEqual({
      ...{ rolloutId: id, state: 'running', plan: asked, percent: 50, apps: 1, revision, appId },
      ...{ nextStepAt: expect.stringMatching(/Z$/), channel: 'stable', reason: null, actor: 'admin' },
      ...{ startedAt: expect.stringMatching(/Z$/), endedAt: null },
    })
    await eventually(async () => expect(await read(shape(), id)).toMatchObject({ state: 'completed' }))
    expect(await served(shape(), appId)).toBe(2)
    const after = await readConfig(shape(), appId)
    expect(after.headers.etag).toContain(`"${revision}.`)
    const audited = (await readAudit(shape(), appId)).filter(({ target }) => target === String(id))
    expect(audited.map(({ action, reason, actor }) => [action, reason, actor])).toEqual([
      ['rollout.complete', null, 'admin'],
      ['rollout.step', 'step 2 of 2', 'admin'],
    ])
    const step = { before: { percent: 50 }, after: { percent: 100 } }
    expect(audited[1]).toMatchObject({ ...step, requestId: `rollout-${id}` })
  })

  it('is live for all at once with the preset of that name, and can be taken back while it bakes', async () => {
    const { appId, before, revision, id } = await begin(shape(), 'AllAtOnce')
    expect(await served(shape(), appId)).toBe(2)
    expect(await read(shape(), id)).toMatchObject({ state: 'baking', percent: 100 })
    const aborted = await act(shape(), id, 'abort', { reason: 'Crashes' })
    expect(aborted.status).toBe(200)
    expect(aborted.json()).toMatchObject({ state: 'aborted', reason: 'Crashes', nextStepAt: null })
    expect(await served(shape(), appId)).toBe(1)
    const history = await manage(shape(), 'GET', `/apps/${appId}/releases`)
    const [newest, staged] = history.json<Page<Release>>().items
    expect(newest).toMatchObject({
      ...{ kind: 'rollback', configVersion: '1.0.0', previousRevision: revision, rolloutId: null },
      reason: `Rollout ${id} aborted: Crashes`,
    })
    expect(staged).toMatchObject({ kind: 'rollout', rolloutId: id, previousRevision: before })
  })
}

const commands = (shape: () => Shape): void => {
  it('pauses, resumes and promotes', async () => {
    const { appId, id } = await begin(shape())
    expect(await read(shape(), id)).toMatchObject({ percent: 12.5 })
    expect((await act(shape(), id, 'pause')).json()).toMatchObject({ state: 'paused', nextStepAt: null })
    expectProblem(await act(shape(), id, 'pause'), 'rollout_not_possible')
    const other = { configVersion: '1.0.0' }
    const meanwhile = await manage(shape(), 'POST', `/apps/${appId}/releases`, { body: other })
    expectProblem(meanwhile, 'rollout_in_progress')
    expect((await act(shape(), id, 'resume')).json()).toMatchObject({ state: 'running' })
    expect((await act(shape(), id, 'promote')).json()).toMatchObject({ state: 'baking', percent: 100 })
    expect(await served(shape(), appId)).toBe(2)
    const refused = expectProblem(await act(shape(), id, 'promote'), 'rollout_not_possible')
    expect(refused.detail).toContain('is baking')
    expect((await act(shape(), id, 'abort')).status).toBe(200)
    for (const action of ['pause', 'resume', 'promote', 'abort']) {
      expectProblem(await act(shape(), id, action), 'rollout_not_possible')
    }
  })

  it('brings a template’s release to all that extends it, and takes it back from all', async () => {
    const template = await createApp(shape(), { kind: 'template' })
    const apps = await Promise.all([1, 2].map(() => createApp(shape(), { extends: template.appId })))
    for (const [version, size] of [
      ['1.0.0', 1],
      ['2.0.0', 2],
    ] as const) {
      await saveVersion(shape(), template.appId, version, { version: size })
    }
    const body = { configVersion: '1.0.0' }
    await manage(shape(), 'POST', `/apps/${template.appId}/releases`, { body })
    for (const { appId } of apps) {
      await saveVersion(shape(), appId, '1.0.0', {})
      await manage(shape(), 'POST', `/apps/${appId}/releases`, { body })
    }
    const id = Number((await start(shape(), template.appId)).rolloutId)
    expect(await read(shape(), id)).toMatchObject({ apps: 2, appId: template.appId })
    for (const { appId } of apps) expect(await served(shape(), appId)).toBe(1)
    await act(shape(), id, 'promote')
    for (const { appId } of apps) expect(await served(shape(), appId)).toBe(2)
    await act(shape(), id, 'abort')
    for (const { appId } of apps) expect(await served(shape(), appId)).toBe(1)
  })
}

const overrides = (shape: () => Shape): void => {
  it('is promoted in spite of a freeze by an administrator alone, with a reason, and notes what was overridden', async () => {
    const { appId, id } = await begin(shape())
    const until = new Date(Date.now() + 600_000).toISOString()
    await manage(shape(), 'POST', '/freezes', { body: { appId, until, reason: 'sale' } })
    const { detail } = expectProblem(await act(shape(), id, 'promote'), 'frozen')
    expect(detail).toContain(`${appId} is frozen until`)
    expect(detail).toContain('"override": true')
    const noReason = expectProblem(await act(shape(), id, 'promote', { override: true }), 'invalid_field')
    expect(places(noReason)).toEqual(['invalid_field /reason'])
    const override = { override: true, reason: 'The shop is down' }
    const publisher = as(shape(), await createKey(shape(), { role: 'publisher' }))
    expectProblem(await act(publisher, id, 'promote', override), 'forbidden')
    expectProblem(await act(shape(), id, 'pause', override), 'unknown_field')
    expect((await act(shape(), id, 'promote', override)).json()).toMatchObject({ state: 'baking' })
    expect(await served(shape(), appId)).toBe(2)
    expect((await readAudit(shape(), appId))[0]).toMatchObject({
      ...{ action: 'rollout.promote', reason: override.reason },
      after: { percent: 100, overridden: [{ appId, code: 'frozen', setBy: appId }] },
    })
  })
}

const fleets = (shape: () => Shape): void => {
  it('of a fleet release moves all its apps as one; a token for some of them may not', async () => {
    const apps = await Promise.all([1, 2].map(() => publishApp(shape(), { version: 1 })))
    const appIds = apps.map(({ appId }) => appId)
    for (const appId of appIds) await saveVersion(shape(), appId, '2.0.0', { version: 2 })
    const body = { select: { appIds }, release: { configVersion: '2.0.0', rollout: slow } }
    const released = await manage(shape(), 'POST', '/fleet/releases', { body })
    expect(released.status, released.text).toBe(201)
    const id = released.json<{ rolloutId: number }>().rolloutId
    expect(await read(shape(), id)).toMatchObject({ apps: 2, revision: null, appId: null, channel: null })
    const some = as(shape(), await createKey(shape(), { role: 'publisher', appIds: appIds.slice(1) }))
    expect(await read(some, id)).toMatchObject({ rolloutId: id })
    expectProblem(await act(some, id, 'promote'), 'forbidden')
    for (const appId of appIds) expect(await served(shape(), appId)).toBe(1)
    expect((await act(shape(), id, 'promote')).json()).toMatchObject({ state: 'baking' })
    for (const appId of appIds) expect(await served(shape(), appId)).toBe(2)
    expect((await act(shape(), id, 'abort')).json()).toMatchObject({ state: 'aborted' })
    for (const appId of appIds) expect(await served(shape(), appId)).toBe(1)
  })
}

const signals = (shape: () => Shape): void => {
  it('is taken back at once by a monitor that says so, with its reason', async () => {
    const { appId, id } = await begin(shape(), 'Canary10Percent20Minutes')
    const monitor = as(shape(), await createKey(shape(), { role: 'publisher', appIds: [appId] }))
    const hold = { source: 'crash-monitor', decision: 'hold', expiresInSeconds: 60 }
    expect((await signal(monitor, id, hold)).json()).toMatchObject({ state: 'running' })
    const word = { source: 'crash-monitor', decision: 'rollback', reason: 'Crashes doubled' }
    const reason = 'crash-monitor: Crashes doubled'
    const answer = await signal(monitor, id, word)
    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({
      state: 'rolled_back',
      reason,
      endedAt: expect.stringMatching(/Z$/),
    })
    const [row, earlier] = await readAudit(shape(), appId)
    expect(row).toMatchObject({
      ...{ action: 'rollout.rollback', target: String(id), reason: 'Crashes doubled' },
      ...{ before: { state: 'running' }, after: { state: 'rolled_back', releases: 1, signal: word } },
    })
    expect(earlier).toMatchObject({ action: 'rollout.signal', after: { signal: hold } })
    expectProblem(await signal(monitor, id, word), 'rollout_not_possible')
  })
}

const lists = (shape: () => Shape): void => {
  it('lists rollouts, newest first, page after page, of one app, under way or ended', async () => {
    const { appId, id } = await begin(shape())
    await act(shape(), id, 'abort')
    const second = Number((await start(shape(), appId)).rolloutId)
    const list = async (query: string) =>
      (await manage(shape(), 'GET', `/rollouts?appId=${appId}${query}`)).json<Page<Rollout>>()
    expect(await list('')).toEqual({
      items: [await read(shape(), second), await read(shape(), id)],
      nextCursor: null,
    })
    expect((await list('&open=true')).items.map(({ rolloutId }) => rolloutId)).toEqual([second])
    expect((await list('&open=false')).items.map(({ rolloutId }) => rolloutId)).toEqual([id])
    const first = await list('&limit=1')
    expect((await list(`&limit=1&cursor=${first.nextCursor}`)).items.map((item) => item.rolloutId)).toEqual([
      id,
    ])
    await act(shape(), second, 'abort')
  })
}

const refusals = (shape: () => Shape): void => {
  it('answers 404 for an unknown rollout, 400 for what is no id', async () => {
    expectProblem(await manage(shape(), 'GET', '/rollouts/999999999'), 'rollout_not_found')
    expectProblem(await act(shape(), 999999999, 'pause'), 'rollout_not_found')
    expectProblem(await signal(shape(), 999999999, { source: 'x', decision: 'go' }), 'rollout_not_found')
    expectProblem(await manage(shape(), 'GET', '/rollouts/first'), 'invalid_parameter')
    expectProblem(await act(shape(), 1, 'explode'), 'route_not_found')
    expectProblem(await act(shape(), 1, 'signal'), 'method_not_allowed')
    expectProblem(await manage(shape(), 'GET', '/rollouts?open=maybe'), 'invalid_parameter')
    expectProblem(await manage(shape(), 'GET', '/rollouts?cursor=forged'), 'invalid_cursor')
  })

  it('answers 401 without a token, 403 below the role or beside the apps of it', async () => {
    const { appId, id } = await begin(shape())
    const stranger = { ...shape(), token: 'nobody' }
    expectProblem(await manage(stranger, 'GET', '/rollouts'), 'unauthorized')
    const editor = as(shape(), await createKey(shape(), { role: 'editor', appIds: [appId] }))
    expect((await manage(editor, 'GET', `/rollouts/${id}`)).status).toBe(200)
    expectProblem(await act(editor, id, 'pause'), 'forbidden')
    expectProblem(await signal(editor, id, { source: 'x', decision: 'go' }), 'forbidden')
    const { appId: another } = await createApp(shape())
    const publisher = as(shape(), await createKey(shape(), { role: 'publisher', appIds: [another] }))
    expectProblem(await manage(publisher, 'GET', `/rollouts/${id}`), 'forbidden')
    expectProblem(await act(publisher, id, 'abort'), 'forbidden')
    const { items } = (await manage(publisher, 'GET', '/rollouts')).json<Page<Rollout>>()
    expect(items).toEqual([])
    await act(shape(), id, 'abort')
  })

  it('answers 422 for a plan, an action or a signal that is not one, and names the field', async () => {
    const { appId } = await publishApp(shape())
    const release = async (rollout: unknown) => {
      const body = { configVersion: '1.0.0', rollout }
      const answer = await manage(shape(), 'POST', `/apps/${appId}/releases`, { body })
      return places(expectProblem(answer, 'invalid_field'))
    }
    expect(await release('Slowly')).toEqual(['invalid_field /rollout'])
    expect(await release({ ...plan, growthFactorPercent: 0.001 })).toContain(
      'invalid_field /rollout/growthFactorPercent',
    )
    expect(await release({ ...plan, growthFactorPercent: 1 })).toEqual([
      'invalid_field /rollout/durationSeconds',
    ])
    expectProblem(await act(shape(), 1, 'pause', { why: 'x' }), 'unknown_field')
    expectProblem(await signal(shape(), 1, { source: 'x' }), 'missing_field')
    expectProblem(await signal(shape(), 1, { source: '', decision: 'go' }), 'invalid_field')
    const { appId: unreleased } = await createApp(shape())
    await saveVersion(shape(), unreleased, '2.0.0')
    const body = { configVersion: '2.0.0', rollout: 'AllAtOnce' }
    const refused = await manage(shape(), 'POST', `/apps/${unreleased}/releases`, { body })
    expectProblem(refused, 'rollout_not_possible')
  })
}

/** Releases in stages. */
export const rollouts = (shape: () => Shape): void => {
  describe('rollouts', () => {
    grows(shape)
    commands(shape)
    overrides(shape)
    fleets(shape)
    signals(shape)
    lists(shape)
    refusals(shape)
  })
}
