import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Schedule, ScheduleInput } from '../../../../contract/review.ts'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import { type Actor, administrator, wholeFleet } from '../../platform/auth/authenticate.ts'
import { type Fleet, openFleet } from '../rollouts/fleet.fixture.ts'
import { unlessRefused } from '../unless-refused.ts'
import { cancelSchedule } from './cancel-schedule.ts'
import { listSchedules } from './list-schedules.ts'
import { scheduleRelease } from './schedule-release.ts'

describe.each(bothDatabases)('a scheduled release on $kind', ({ make }) => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await openFleet(await make())
  })
  afterAll(() => fleet?.close())

  const at = new Date(Date.now() + 3_600_000).toISOString()
  const bot: Actor = { name: 'Bot', role: 'publisher', scope: wholeFleet }
  const makeKey = (role: 'admin' | 'publisher' | 'editor', name = bot.name) =>
    sql`insert into api_keys (key_id, name, role, hash, created_by)
      values (md5(random()::text), ${name}, ${role}, sha256('x'::bytea), 'admin')`.execute(fleet.db)
  const changeKey = (change: string) => sql`update api_keys set ${sql.raw(change)}`.execute(fleet.db)
  const schedule = async (
    appId: string,
    release: ScheduleInput['release'] = { configVersion: '2.0.0', reason: 'launch' },
    actor: Actor = administrator,
  ): Promise<Schedule> => {
    const answer = await fleet.as(actor, (scope) => scheduleRelease(scope, appId, { at, release }))
    expect(answer.status).toBe(201)
    return answer.body as Schedule
  }
  const cancel = (scheduleId: number, actor: Actor = administrator) =>
    fleet.as(actor, (scope) => cancelSchedule(scope, scheduleId))
  const read = async (scheduleId: number): Promise<Schedule | undefined> => {
    const page = await listSchedules({ db: fleet.db, actor: administrator }, { limit: 200 })
    return page.items.find((item) => item.scheduleId === scheduleId)
  }
  const releasesOf = (appId: string) =>
    fleet.db.selectFrom('releases').selectAll().where('app_id', '=', appId).orderBy('revision').execute()
  /** Its time has come. */
  const due = async (...scheduleIds: number[]): Promise<void> => {
    await sql`update schedules set due_at = clock_timestamp() where schedule_id in (
      select value::bigint from jsonb_array_elements_text(${JSON.stringify(scheduleIds)}::jsonb))`.execute(
      fleet.db,
    )
    await Promise.all([fleet.runDue(), fleet.runDue(), fleet.runDue()])
  }

  test('is made when its time has come, once, by who scheduled it', async () => {
    await fleet.ready('timed')
    const { scheduleId, ...noted } = await schedule('timed')
    expect(noted).toEqual({
      ...{ appId: 'timed', at, release: { configVersion: '2.0.0', reason: 'launch' }, state: 'pending' },
      ...{ revision: null, failure: null, actor: 'admin', endedAt: null, endedBy: null },
      createdAt: expect.stringMatching(/Z$/),
    })
    await fleet.runDue()
    expect(await fleet.standing('timed')).toEqual({ timed: '1.0.0' })
    fleet.told.length = 0
    await due(scheduleId)
    expect(await fleet.standing('timed')).toEqual({ timed: '2.0.0' })
    const made = await releasesOf('timed')
    expect(made).toHaveLength(2)
    expect(made[1]).toMatchObject({ kind: 'publish', actor: 'admin', reason: 'launch' })
    expect(await read(scheduleId)).toMatchObject({ state: 'released', revision: made[1]?.revision })
    expect(fleet.told.map(({ appId }) => appId)).toEqual(['timed'])
    expect(await fleet.audited('schedule.release', scheduleId)).toEqual([
      { actor: 'admin', reason: 'launch' },
    ])
    await expect(cancel(scheduleId)).rejects.toMatchObject({ code: 'already_decided' })
  })

  test('may be a rollback, a promotion from another channel or the start of a rollout', async () => {
    await fleet.ready('kinds')
    const [first] = await releasesOf('kinds')
    const release = async (input: ScheduleInput['release']) =>
      due((await schedule('kinds', input)).scheduleId)
    await release({ configVersion: '2.0.0', channel: 'beta' })
    await release({ promoteFrom: 'beta' })
    expect(await fleet.standing('kinds')).toEqual({ kinds: '2.0.0', 'kinds:beta': '2.0.0' })
    await release({ rollbackTo: first?.revision ?? 0 })
    expect(await fleet.standing('kinds')).toMatchObject({ kinds: '1.0.0' })
    await release({ configVersion: '2.0.0', rollout: 'Canary10Percent20Minutes' })
    expect(await fleet.standing('kinds')).toMatchObject({ kinds: '1.0.0 / 2.0.0' })
  })

  test('is refused now for what could not be released anyway', async () => {
    await fleet.ready('refused')
    const put = (release: ScheduleInput['release'], actor?: Actor) => schedule('refused', release, actor)
    await expect(put({ configVersion: '9.9.9' })).rejects.toMatchObject({ code: 'version_not_found' })
    await expect(put({ rollbackTo: 1 })).rejects.toMatchObject({ code: 'release_not_found' })
    await expect(put({ promoteFrom: 'beta' })).rejects.toMatchObject({ code: 'nothing_to_release' })
    await expect(schedule('nobody')).rejects.toMatchObject({ code: 'app_not_found' })
    const elsewhere = { ...bot, scope: { appIds: ['timed'], labels: null } }
    await expect(put({ configVersion: '2.0.0' }, elsewhere)).rejects.toMatchObject({ code: 'forbidden' })
    const override = { configVersion: '2.0.0', override: true, reason: 'now' }
    await expect(put(override, bot)).rejects.toMatchObject({ code: 'forbidden' })
    const past = fleet.admin((scope) =>
      scheduleRelease(scope, 'refused', { at: '2020-01-01T00:00:00Z', release: { configVersion: '2.0.0' } }),
    )
    await expect(past).rejects.toMatchObject({ code: 'invalid_date', errors: [{ pointer: '/at' }] })
    await fleet.db
      .updateTable('apps')
      .set({ requires_approval: true })
      .where('app_id', '=', 'refused')
      .execute()
    await expect(put({ configVersion: '2.0.0' })).rejects.toMatchObject({ code: 'approval_required' })
    const { scheduleId } = await put(override)
    await cancel(scheduleId)
    await fleet.db
      .updateTable('apps')
      .set({ archived_at: new Date() })
      .where('app_id', '=', 'refused')
      .execute()
    await expect(put({ configVersion: '2.0.0' })).rejects.toMatchObject({ code: 'app_archived' })
  })

  test('fails, with the reason, for what refuses it then; nothing of it is done', async () => {
    await fleet.ready('frozen')
    const { scheduleId } = await schedule('frozen')
    const freeze = { app_id: 'frozen', until: new Date(Date.now() + 600_000), reason: 'sale', actor: 'ann' }
    await fleet.db.insertInto('freezes').values(freeze).execute()
    await due(scheduleId)
    expect(await read(scheduleId)).toMatchObject({
      ...{ state: 'failed', revision: null, endedBy: null, endedAt: expect.stringMatching(/Z$/) },
      failure: { code: 'frozen', detail: expect.stringContaining('frozen until') },
    })
    expect(await fleet.standing('frozen')).toEqual({ frozen: '1.0.0' })
    const reason = expect.stringContaining('frozen until')
    expect(await fleet.audited('schedule.fail', scheduleId)).toEqual([{ actor: 'admin', reason }])
  })

  test('is made with what the key of who scheduled it allows then', async () => {
    await makeKey('publisher')
    for (const [name, change, code] of [
      ['revoked', 'revoked_at = now()', 'forbidden'],
      ['expired', 'revoked_at = null, expires_at = now()', 'forbidden'],
      ['newer', `expires_at = null, created_at = now() + interval '1 hour'`, 'forbidden'],
      ['demoted', `created_at = now() - interval '1 hour', role = 'editor'`, 'forbidden'],
      ['elsewhere', `role = 'publisher', app_ids = array['timed']`, 'forbidden'],
      ['as-before', 'app_ids = null', undefined],
    ] as const) {
      await fleet.ready(`key-${name}`)
      const { scheduleId } = await schedule(`key-${name}`, { configVersion: '2.0.0' }, bot)
      await changeKey(change)
      await due(scheduleId)
      const ended = await read(scheduleId)
      expect([name, ended?.failure?.code]).toEqual([name, code])
      expect(await fleet.standing(`key-${name}`)).toEqual({ [`key-${name}`]: code ? '1.0.0' : '2.0.0' })
    }
    const [newest] = await fleet.db.selectFrom('releases').selectAll().orderBy('revision', 'desc').execute()
    expect(newest?.actor).toBe('Bot')
  })

  test('is cancelled by whoever may release the app, once', async () => {
    await fleet.ready('cancelled')
    const { scheduleId } = await schedule('cancelled')
    const elsewhere = { ...bot, scope: { appIds: ['timed'], labels: null } }
    await expect(cancel(scheduleId, elsewhere)).rejects.toMatchObject({ code: 'forbidden' })
    expect((await cancel(scheduleId, bot)).body).toMatchObject({ state: 'cancelled', endedBy: 'Bot' })
    await expect(cancel(scheduleId)).rejects.toMatchObject({ code: 'already_decided' })
    await expect(cancel(999_999)).rejects.toMatchObject({ code: 'schedule_not_found' })
    await due(scheduleId)
    expect(await fleet.standing('cancelled')).toEqual({ cancelled: '1.0.0' })
    const seen = await listSchedules({ db: fleet.db, actor: elsewhere }, { limit: 50 })
    expect(new Set(seen.items.map(({ appId }) => appId))).toEqual(new Set(['timed']))
  })

  test('is due still when what fails is no refusal', async () => {
    await fleet.ready('broken')
    const { scheduleId } = await schedule('broken')
    await sql`alter table outbox rename to outbox_away`.execute(fleet.db)
    await expect(due(scheduleId)).rejects.toThrow('outbox')
    await sql`alter table outbox_away rename to outbox`.execute(fleet.db)
    expect(await read(scheduleId)).toMatchObject({ state: 'pending' })
    await due(scheduleId)
    expect(await read(scheduleId)).toMatchObject({ state: 'released' })
  })

  test('that is refused takes back all that was done and told for it, and no more', async () => {
    fleet.told.length = 0
    const change = { appId: 'timed', channel: 'stable', sequence: 1 }
    await fleet.admin(async (scope) => {
      await scope.announce([change])
      const { refusal } = await unlessRefused(scope, async (attempt) => {
        await attempt.announce([{ ...change, appId: 'gone' }])
        await cancelSchedule(attempt, 999_999)
      })
      expect(refusal?.code).toBe('schedule_not_found')
      await unlessRefused(scope, (attempt) => attempt.announce([{ ...change, sequence: 2 }]))
    })
    expect(fleet.told).toEqual([change, { ...change, sequence: 2 }])
    const noted = await fleet.db.selectFrom('outbox').select('app_id').where('app_id', '=', 'gone').execute()
    expect(noted).toEqual([])
  })
})
