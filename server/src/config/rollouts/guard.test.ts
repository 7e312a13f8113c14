import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RolloutSignalInput } from '../../../../contract/rollout.ts'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import { type Actor, administrator } from '../../platform/auth/authenticate.ts'
import { changeRollout } from './change-rollout.ts'
import { readRollout } from './find-rollout.ts'
import { type Fleet, fifths, openFleet } from './fleet.fixture.ts'
import { listRollouts } from './list-rollouts.ts'
import { signalRollout } from './signal-rollout.ts'

describe.each(bothDatabases)('what holds a rollout or takes it back, on $kind', ({ make }) => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await openFleet(await make())
  })
  afterAll(() => fleet?.close())
  const read = (rolloutId: number) => readRollout({ db: fleet.db, actor: administrator }, rolloutId)
  const start = async (appId: string) => {
    await fleet.ready(appId)
    return Number((await fleet.release(appId, '2.0.0', fifths)).rolloutId)
  }
  const monitor: Actor = { ...administrator, name: 'monitor', role: 'publisher' }
  const signal = (rolloutId: number, input: RolloutSignalInput) =>
    fleet.as(monitor, (scope) => signalRollout(scope, rolloutId, input))
  const abort = (rolloutId: number) => fleet.admin((scope) => changeRollout(scope, rolloutId, 'abort', {}))
  const history = (appId: string) =>
    fleet.db
      .selectFrom('releases')
      .select(['kind', 'version', 'actor', 'reason'])
      .where('app_id', '=', appId)
      .orderBy('revision', 'desc')
      .execute()

  test('a source that says hold holds it, until that source says go', async () => {
    const id = await start('held')
    await signal(id, { source: 'crashes', decision: 'hold', reason: 'looking into it' })
    await signal(id, { source: 'latency', decision: 'go' })
    for (const _ of [1, 2]) await fleet.step()
    expect(await read(id)).toMatchObject({
      state: 'running',
      percent: 20,
      reason: 'crashes: looking into it',
    })
    expect(await fleet.audited('rollout.hold', id)).toEqual([
      { actor: 'admin', reason: 'crashes: looking into it' },
    ])
    await signal(id, { source: 'crashes', decision: 'go' })
    await fleet.step()
    expect(await read(id)).toMatchObject({ percent: 40, reason: null })
    await abort(id)
  })

  test('a hold that has expired holds no more; one that is repeated is one signal', async () => {
    const id = await start('expiring')
    const hold: RolloutSignalInput = { source: 'crashes', decision: 'hold', expiresInSeconds: 600 }
    for (const _ of [1, 2, 3]) await signal(id, hold)
    expect(await fleet.audited('rollout.signal', id)).toEqual([{ actor: 'monitor', reason: null }])
    await fleet.step()
    expect(await read(id)).toMatchObject({ percent: 20, reason: 'crashes: says hold' })
    const signals = fleet.db.updateTable('rollout_signals').where('rollout_id', '=', id)
    const { numUpdatedRows } = await signals.set({ expires_at: new Date(0) }).executeTakeFirst()
    expect(numUpdatedRows).toBe(1n)
    await fleet.step()
    expect(await read(id)).toMatchObject({ percent: 40 })
    await abort(id)
  })

  test.each(['growing', 'paused', 'baking'])(
    'a source that says rollback takes one that is %s back at once',
    async (state) => {
      const id = await start(`back-${state}`)
      if (state !== 'growing') {
        const action = state === 'paused' ? 'pause' : 'promote'
        await fleet.admin((scope) => changeRollout(scope, id, action, {}))
      }
      const { body } = await signal(id, { source: 'crashes', decision: 'rollback', reason: 'doubled' })
      expect(body).toMatchObject({ state: 'rolled_back', reason: 'crashes: doubled' })
      expect((await history(`back-${state}`))[0]).toEqual({
        ...{ kind: 'rollback', version: '1.0.0', actor: 'monitor' },
        reason: `Rollout ${id} rolled back: crashes: doubled`,
      })
      expect(await fleet.standing(`back-${state}`)).toEqual({ [`back-${state}`]: '1.0.0' })
      expect(await fleet.audited('rollout.rollback', id)).toEqual([{ actor: 'monitor', reason: 'doubled' }])
      const again = signal(id, { source: 'crashes', decision: 'go' })
      await expect(again).rejects.toMatchObject({ code: 'rollout_not_possible' })
    },
  )

  test('a guard that says rollback takes it back at any look, in the name of who started it', async () => {
    const id = await start('guarded')
    await fleet.pass('look')
    await fleet.runDue(async (_, { rollout_id }) =>
      rollout_id === id
        ? { decision: 'rollback', reason: 'errors: 12 % instead of 1 %' }
        : { decision: 'go', reason: null },
    )
    expect(await read(id)).toMatchObject({ state: 'rolled_back', reason: 'errors: 12 % instead of 1 %' })
    expect((await history('guarded'))[0]).toMatchObject({ kind: 'rollback', actor: 'admin' })
  })

  test('a guard that holds keeps a rollout baking past its time', async () => {
    const id = await start('bakes')
    await fleet.admin((scope) => changeRollout(scope, id, 'promote', {}))
    await fleet.step(async () => ({ decision: 'hold', reason: null }))
    expect(await read(id)).toMatchObject({ state: 'baking', reason: 'held by its guard' })
    await fleet.step()
    expect(await read(id)).toMatchObject({ state: 'completed' })
  })

  test.each(['the app', 'a template above', 'the fleet'])(
    'a freeze of %s holds its steps and a promotion, and never the way back',
    async (what) => {
      const name = what.replaceAll(' ', '-')
      await fleet.ready(`t-${name}`, { kind: 'template' })
      await fleet.ready(name, { extends: `t-${name}` })
      const id = Number((await fleet.release(name, '2.0.0', fifths)).rolloutId)
      const frozen = { 'the app': name, 'a template above': `t-${name}`, 'the fleet': null }[what] ?? null
      const freeze = { app_id: frozen, until: new Date(Date.now() + 600_000), reason: 'sale', actor: 'ann' }
      await fleet.db.insertInto('freezes').values(freeze).execute()
      await fleet.step()
      const named = { 'the app': name, 'a template above': `t-${name}, which ${name} extends,` }[what]
      const reason = expect.stringContaining(`held back: ${named ?? 'the whole fleet'} is frozen until`)
      expect(await read(id)).toMatchObject({ state: 'running', percent: 20, reason })
      const promote = fleet.admin((scope) => changeRollout(scope, id, 'promote', {}))
      await expect(promote).rejects.toMatchObject({ code: 'frozen', message: reason })
      await sql`update freezes set until = clock_timestamp()`.execute(fleet.db)
      await fleet.step()
      expect(await read(id)).toMatchObject({ percent: 40, reason: null })
      await sql`update freezes set until = clock_timestamp() + interval '1 hour'`.execute(fleet.db)
      await signal(id, { source: 'crashes', decision: 'rollback' })
      expect(await fleet.standing(name)).toEqual({ [name]: '1.0.0 on 1.0.0' })
      await sql`delete from freezes`.execute(fleet.db)
    },
  )

  test('a token sees the rollouts that reach its apps, and moves those of its apps alone', async () => {
    await fleet.ready('scoped-t', { kind: 'template' })
    await fleet.ready('scoped-a', { extends: 'scoped-t', labels: { team: 'a' } })
    await fleet.ready('scoped-b', { extends: 'scoped-t' })
    const ofTemplate = Number((await fleet.release('scoped-t', '2.0.0', fifths)).rolloutId)
    const byId = { ...monitor, scope: { appIds: ['scoped-a'], labels: null } }
    const byLabel = { ...monitor, scope: { appIds: null, labels: { team: 'a' } } }
    const stranger = { ...monitor, scope: { appIds: ['held'], labels: { team: 'a' } } }
    const listed = async (actor: Actor, query: object = {}) =>
      (await listRollouts({ db: fleet.db, actor }, { limit: 50, ...query })).items.map(
        (item) => item.rolloutId,
      )
    for (const actor of [byId, byLabel]) {
      expect(await listed(actor)).toEqual([ofTemplate])
      expect(await readRollout({ db: fleet.db, actor }, ofTemplate)).toMatchObject({ appId: 'scoped-t' })
      const abort = fleet.as(actor, (scope) => changeRollout(scope, ofTemplate, 'abort', {}))
      await expect(abort).rejects.toMatchObject({ code: 'forbidden' })
      const go = fleet.as(actor, (scope) => signalRollout(scope, ofTemplate, { source: 'x', decision: 'go' }))
      await expect(go).rejects.toMatchObject({ code: 'forbidden' })
    }
    expect(await listed(stranger)).toEqual([])
    const hidden = readRollout({ db: fleet.db, actor: stranger }, ofTemplate)
    await expect(hidden).rejects.toMatchObject({ code: 'forbidden' })
    await abort(ofTemplate)
    const own = Number((await fleet.release('scoped-a', '2.0.0', fifths)).rolloutId)
    expect(await listed(byLabel)).toEqual([own, ofTemplate])
    expect(await listed(byLabel, { open: 'true' })).toEqual([own])
    expect(await listed(administrator, { appId: 'scoped-b' })).toEqual([ofTemplate])
    await fleet.as(byId, (scope) => changeRollout(scope, own, 'abort', {}))
  })
})
