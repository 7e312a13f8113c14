import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import { administrator } from '../../platform/auth/authenticate.ts'
import { changeRollout } from './change-rollout.ts'
import { readRollout } from './find-rollout.ts'
import { type Fleet, halves, openFleet } from './fleet.fixture.ts'

describe.each(bothDatabases)('a rollout of a template on $kind', ({ make }) => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await openFleet(await make())
  })
  afterAll(() => fleet?.close())
  const act = (rolloutId: number, action: 'promote' | 'abort') =>
    fleet.admin((scope) => changeRollout(scope, rolloutId, action, {}))
  const stateOf = async (rolloutId: number) =>
    (await readRollout({ db: fleet.db, actor: administrator }, rolloutId)).state

  let runs = 0
  /** base <- mid <- deep, base <- app, all at 1.0.0; `start` brings base 2.0.0. */
  const family = async () => {
    const run = ++runs
    const name = (what: string) => `${what}-${run}`
    const [base, mid] = [name('base'), name('mid')]
    await fleet.ready(base, { kind: 'template' })
    await fleet.ready(mid, { kind: 'template', extends: base })
    await fleet.ready(name('app'), { extends: base })
    await fleet.ready(name('deep'), { extends: mid })
    const standing = async () => {
      const all = Object.entries(await fleet.standing())
      const mine = all.filter(([of]) => of.split(':')[0]?.endsWith(`-${run}`))
      return Object.fromEntries(mine.map(([of, what]) => [of.replace(`-${run}`, ''), what]))
    }
    const start = async (plan: Parameters<Fleet['release']>[2] = halves) =>
      Number((await fleet.release(base, '2.0.0', plan)).rolloutId)
    return { name, base, mid, standing, start }
  }
  const before = { app: '1.0.0 on 1.0.0', base: '1.0.0', deep: '1.0.0 on 1.0.0', mid: '1.0.0 on 1.0.0' }
  const after = { app: '1.0.0 on 2.0.0', base: '2.0.0', deep: '1.0.0 on 1.0.0', mid: '1.0.0 on 2.0.0' }

  test('brings candidates to all that stands on it, at every level, and makes them live at 100 %', async () => {
    const { standing, start } = await family()
    const id = await start()
    expect(await readRollout({ db: fleet.db, actor: administrator }, id)).toMatchObject({
      apps: 2,
      percent: 50,
    })
    expect(await standing()).toEqual({
      app: '1.0.0 on 1.0.0 / 1.0.0 on 2.0.0',
      base: '1.0.0 / 2.0.0',
      deep: '1.0.0 on 1.0.0 / 1.0.0 on 1.0.0',
      mid: '1.0.0 on 1.0.0 / 1.0.0 on 2.0.0',
    })
    fleet.told.length = 0
    await fleet.step()
    expect(await standing()).toEqual(after)
    expect(new Set(fleet.told.map(({ appId }) => appId)).size).toBe(4)
    await fleet.step()
    expect(await stateOf(id)).toBe('completed')
  })

  test('brings along, at 100 %, what came live on its old release meanwhile; an abort takes that back too', async () => {
    const { name, base, mid, standing, start } = await family()
    const id = await start()
    await fleet.ready(name('late'), { extends: base })
    await fleet.ready(name('later'), { extends: mid })
    await act(id, 'promote')
    expect(await standing()).toEqual({ ...after, late: '1.0.0 on 2.0.0', later: '1.0.0 on 1.0.0' })
    const [later] = await basesOf(name('later'))
    expect(later?.base).toBe('2.0.0')
    await fleet.ready(name('latest'), { extends: base })
    await act(id, 'abort')
    const back = { ...before, late: '1.0.0 on 1.0.0', later: '1.0.0 on 1.0.0', latest: '1.0.0 on 1.0.0' }
    expect(await standing()).toEqual(back)
    expect((await basesOf(name('later')))[0]?.base).toBe('1.0.0')
    expect((await basesOf(name('deep')))[0]?.base).toBe('1.0.0')
  })

  /** The version of the root template that each channel of an app stands on in the end. */
  const basesOf = async (appId: string): Promise<{ base: string }[]> => {
    const { rows } = await sql<{ base: string }>`
      with recursive chain as (
        select c.channel, r.base_revision, r.version from channels c join releases r on r.revision = c.revision
        where c.app_id = ${appId}
        union all
        select chain.channel, r.base_revision, r.version from chain join releases r on r.revision = chain.base_revision
      ) select version as base from chain where base_revision is null`.execute(fleet.db)
    return rows
  }

  test('is taken back exactly: to the release of the template that each app stood on, however old', async () => {
    const { name, base, standing, start } = await family()
    await fleet.save(base, '1.1.0')
    await fleet.release(base, '1.1.0')
    // This one went back, by a release of its own, to what stood on 1.0.0.
    const [oldest] = await fleet.db
      .selectFrom('releases')
      .select('revision')
      .where('app_id', '=', name('app'))
      .orderBy('revision')
      .execute()
    await fleet.rollBack(name('app'), Number(oldest?.revision))
    const then = await standing()
    expect(then).toMatchObject({ base: '1.1.0', app: '1.0.0 on 1.0.0', mid: '1.0.0 on 1.1.0' })
    for (const isBaking of [false, true]) {
      const id = await start()
      if (isBaking) await act(id, 'promote')
      await act(id, 'abort')
      expect(await standing()).toEqual(then)
      expect((await basesOf(name('deep')))[0]?.base).toBe('1.1.0')
    }
    await fleet.release(base, '2.0.0')
    expect(await standing()).toEqual(after)
  })

  test('leaves alone, when it is taken back, what has had a release of its own since, but for the template below it', async () => {
    const { name, standing, start } = await family()
    const id = await start()
    await act(id, 'promote')
    await fleet.release(name('app'), '2.0.0')
    await act(id, 'abort')
    expect(await standing()).toEqual({ ...before, app: '2.0.0 on 1.0.0' })
  })

  test('ends a rollout of an app that began on its new release, when it is taken back', async () => {
    const { name, standing, start } = await family()
    const id = await start()
    await act(id, 'promote')
    const own = Number((await fleet.release(name('app'), '2.0.0', halves)).rolloutId)
    expect((await standing()).app).toBe('1.0.0 on 2.0.0 / 2.0.0 on 2.0.0')
    await act(id, 'abort')
    expect(await standing()).toEqual(before)
    await fleet.pass('look')
    await fleet.runDue()
    expect(await stateOf(own)).toBe('aborted')
  })

  test('holds, and says why, while a newcomer has a rollout of its own', async () => {
    const { name, base, standing, start } = await family()
    const id = await start()
    await fleet.ready(name('late'), { extends: base })
    const own = Number(
      (await fleet.release(name('late'), '2.0.0', { ...halves, durationSeconds: 6000 })).rolloutId,
    )
    await fleet.db
      .updateTable('rollouts')
      .set({ next_step_at: new Date(), next_look_at: new Date() })
      .where('rollout_id', '=', id)
      .execute()
    for (const _ of [1, 2]) {
      await fleet.runDue()
      await fleet.pass('look')
    }
    expect(await readRollout({ db: fleet.db, actor: administrator }, id)).toMatchObject({
      ...{ state: 'running', percent: 50 },
      reason: expect.stringContaining(`Rollout ${own} is under way`),
    })
    expect(await fleet.audited('rollout.hold', id)).toHaveLength(1)
    await expect(act(id, 'promote')).rejects.toMatchObject({ code: 'rollout_in_progress' })
    await act(own, 'promote')
    await fleet.pass('look')
    await fleet.runDue()
    expect(await stateOf(id)).toBe('baking')
    expect(await standing()).toEqual({ ...after, late: '2.0.0 on 2.0.0' })
  })

  test('refuses, while it grows, a release of what it brings a candidate to, and of the template below', async () => {
    const { name, base, mid, start } = await family()
    const id = await start()
    for (const appId of [base, mid, name('app'), name('deep')]) {
      await expect(fleet.release(appId, '2.0.0')).rejects.toMatchObject({ code: 'rollout_in_progress' })
    }
    await act(id, 'abort')
    await fleet.release(name('deep'), '2.0.0', halves)
    await expect(fleet.release(base, '2.0.0')).rejects.toMatchObject({ code: 'rollout_in_progress' })
  })
})
