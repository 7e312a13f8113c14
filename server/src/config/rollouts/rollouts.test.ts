import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import { administrator } from '../../platform/auth/authenticate.ts'
import { findSnapshots } from '../store/snapshots.ts'
import { changeRollout } from './change-rollout.ts'
import { readRollout } from './find-rollout.ts'
import { type Fleet, fifths, halves, openFleet } from './fleet.fixture.ts'

describe.each(bothDatabases)('a rollout on $kind', ({ make }) => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await openFleet(await make())
  })
  afterAll(() => fleet?.close())
  const read = (rolloutId: number) => readRollout({ db: fleet.db, actor: administrator }, rolloutId)
  const start = async (appId: string, plan: Parameters<Fleet['release']>[2] = fifths) =>
    Number((await fleet.release(appId, '2.0.0', plan)).rolloutId)
  const act = (rolloutId: number, action: 'pause' | 'resume' | 'promote' | 'abort', reason?: string) =>
    fleet.admin((scope) => changeRollout(scope, rolloutId, action, { reason }))

  test('grows step by step, then bakes, then is completed; each step is audited and announced', async () => {
    await fleet.ready('grows')
    const { revision, rolloutId } = await fleet.release('grows', '2.0.0', fifths)
    const id = Number(rolloutId)
    expect(await read(id)).toMatchObject({
      ...{
        rolloutId: id,
        state: 'running',
        percent: 20,
        apps: 1,
        revision,
        appId: 'grows',
        channel: 'stable',
      },
      ...{ plan: fifths, actor: 'admin', endedAt: null },
    })
    for (const percent of [40, 60, 80]) {
      fleet.told.length = 0
      await fleet.step()
      expect(await read(id)).toMatchObject({ state: 'running', percent })
      expect(await fleet.standing('grows')).toEqual({ grows: '1.0.0 / 2.0.0' })
      const snapshot = (await findSnapshots(fleet.db, [{ appId: 'grows', channel: 'stable' }])).get('grows')
      expect(snapshot).toMatchObject({ candidate: { revision, rolloutId: id, percent } })
      expect(fleet.told).toEqual([
        { appId: 'grows', channel: 'stable', sequence: Reflect.get(snapshot ?? {}, 'sequence') },
      ])
    }
    fleet.told.length = 0
    await fleet.step()
    expect(await read(id)).toMatchObject({ state: 'baking', percent: 100, endedAt: null })
    const snapshot = (await findSnapshots(fleet.db, [{ appId: 'grows', channel: 'stable' }])).get('grows')
    expect(snapshot).toMatchObject({ revision, config: { configVersion: '2.0.0' } })
    expect(snapshot).not.toHaveProperty('candidate')
    expect(fleet.told).toHaveLength(1)
    await fleet.step()
    expect(await read(id)).toMatchObject({
      state: 'completed',
      percent: 100,
      nextStepAt: null,
      endedAt: expect.stringMatching(/Z$/),
    })
    expect(await fleet.audited('rollout.step', id)).toEqual(
      [2, 3, 4, 5].map((step) => ({ actor: 'admin', reason: `step ${step} of 5` })),
    )
    expect(await fleet.audited('rollout.complete', id)).toHaveLength(1)
    await fleet.step()
    expect(await fleet.audited('rollout.complete', id)).toHaveLength(1)
  })

  test('that reaches all at once is live with its release, and bakes', async () => {
    await fleet.ready('at-once')
    const id = await start('at-once', 'AllAtOnce')
    expect(await fleet.standing('at-once')).toEqual({ 'at-once': '2.0.0' })
    expect(await read(id)).toMatchObject({ state: 'baking', percent: 100 })
    await act(id, 'abort')
    expect(await fleet.standing('at-once')).toEqual({ 'at-once': '1.0.0' })
  })

  test('is not moved before its time, nor while it is paused', async () => {
    await fleet.ready('waits')
    const id = await start('waits')
    await fleet.pass('look')
    await fleet.runDue()
    expect(await read(id)).toMatchObject({ percent: 20 })
    await act(id, 'pause', 'lunch')
    expect(await read(id)).toMatchObject({ state: 'paused', reason: 'lunch', nextStepAt: null })
    await fleet.step()
    expect(await read(id)).toMatchObject({ state: 'paused', percent: 20 })
    await act(id, 'resume')
    await fleet.step()
    expect(await read(id)).toMatchObject({ state: 'running', percent: 40 })
  })

  test('goes on, when it is resumed, with what was left of its step', async () => {
    await fleet.ready('resumes')
    const id = await start('resumes', { ...fifths, durationSeconds: 5000 })
    await act(id, 'pause')
    await sql`update rollouts set next_step_at = updated_at + interval '7 minutes' where rollout_id = ${id}`.execute(
      fleet.db,
    )
    await act(id, 'resume')
    const { next_step_at, updated_at } = await fleet.db
      .selectFrom('rollouts')
      .selectAll()
      .where('rollout_id', '=', id)
      .executeTakeFirstOrThrow()
    expect(Number(next_step_at) - Number(updated_at)).toBeGreaterThan(400_000)
    expect(Number(next_step_at) - Number(updated_at)).toBeLessThanOrEqual(420_001)
    await act(id, 'abort')
  })

  test('is promoted to all devices by a person’s word', async () => {
    await fleet.ready('promoted')
    const id = await start('promoted')
    await act(id, 'pause')
    await act(id, 'promote', 'looks good')
    expect(await read(id)).toMatchObject({ state: 'baking', percent: 100, reason: 'looks good' })
    expect(await fleet.standing('promoted')).toEqual({ promoted: '2.0.0' })
    await expect(act(id, 'promote')).rejects.toMatchObject({ code: 'rollout_not_possible' })
    await fleet.step()
    for (const action of ['pause', 'resume', 'promote', 'abort'] as const) {
      await expect(act(id, action)).rejects.toMatchObject({
        code: 'rollout_not_possible',
        message: expect.stringContaining('completed'),
      })
    }
  })

  test('is aborted with a new release of what was live before, with the reason', async () => {
    await fleet.ready('aborted')
    const id = await start('aborted')
    await act(id, 'abort', 'crashes')
    expect(await read(id)).toMatchObject({
      state: 'aborted',
      reason: 'crashes',
      endedAt: expect.stringMatching(/Z$/),
    })
    expect(await fleet.standing('aborted')).toEqual({ aborted: '1.0.0' })
    const releases = await fleet.db
      .selectFrom('releases')
      .select(['kind', 'version', 'reason', 'rollout_id'])
      .where('app_id', '=', 'aborted')
      .orderBy('revision')
      .execute()
    expect(releases).toEqual([
      { kind: 'publish', version: '1.0.0', reason: null, rollout_id: null },
      { kind: 'rollout', version: '2.0.0', reason: null, rollout_id: id },
      { kind: 'rollback', version: '1.0.0', reason: `Rollout ${id} aborted: crashes`, rollout_id: null },
    ])
    expect(await fleet.audited('rollout.abort', id)).toEqual([{ actor: 'admin', reason: 'crashes' }])
  })

  test('that bakes gives its place to a later release, and is over', async () => {
    await fleet.ready('outrun')
    const id = await start('outrun')
    await act(id, 'promote')
    await fleet.release('outrun', '1.0.0')
    await expect(act(id, 'abort')).rejects.toMatchObject({ code: 'rollout_not_possible' })
    await fleet.pass('look')
    await fleet.runDue()
    expect(await read(id)).toMatchObject({
      state: 'completed',
      reason: expect.stringContaining('Other releases'),
    })
    expect(await fleet.standing('outrun')).toEqual({ outrun: '1.0.0' })
  })

  test('that grows refuses another release of the channel, of another channel not', async () => {
    await fleet.ready('busy')
    const id = await start('busy')
    await expect(fleet.release('busy', '1.0.0')).rejects.toMatchObject({
      code: 'rollout_in_progress',
      message: expect.stringContaining(`/manage/v1/rollouts/${id}/promote`),
    })
    await act(id, 'abort')
    await fleet.release('busy', '2.0.0')
  })

  test('of something that has nothing live yet is refused', async () => {
    await fleet.make('new')
    await fleet.save('new', '2.0.0')
    await expect(fleet.release('new', '2.0.0', halves)).rejects.toMatchObject({
      code: 'rollout_not_possible',
    })
  })

  test('takes each step once, however many look at it at the same time', async () => {
    await fleet.ready('contended')
    const id = await start('contended')
    for (const percent of [40, 60, 80, 100]) {
      await fleet.pass()
      await Promise.all([fleet.runDue(), fleet.runDue(), fleet.runDue(), fleet.runDue()])
      expect(await read(id)).toMatchObject({ percent })
    }
    expect(await fleet.audited('rollout.step', id)).toHaveLength(4)
  })
})
