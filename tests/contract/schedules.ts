import { describe, expect, it } from 'vitest'
import { ahead } from '../ahead.ts'
import { eventually } from '../eventually.ts'
import {
  as,
  createApp,
  createKey,
  freshId,
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

interface Schedule {
  scheduleId: number
  at: string
  state: string
  revision: number | null
  failure: { code: string; detail: string } | null
  endedBy: string | null
}

const tomorrow = new Date(Date.now() + 86_400_000).toISOString()

const post = (shape: Shape, appId: string, body: object, headers: Record<string, string> = {}) =>
  manage(shape, 'POST', `/apps/${appId}/schedules`, { body, headers })

/** A fresh app with 1.0.0 live and 2.0.0 saved. */
const ready = async (shape: Shape): Promise<string> => {
  const { appId } = await publishApp(shape, { version: 1 })
  await saveVersion(shape, appId, '2.0.0', { version: 2 })
  return appId
}
const list = async (shape: Shape, query: string) =>
  (await manage(shape, 'GET', `/schedules?${query}`)).json<Page<Schedule>>()
/** Waits until it is no longer pending. */
const ended = (shape: Shape, appId: string): Promise<Schedule> =>
  eventually(async () => {
    const [schedule] = (await list(shape, `appId=${appId}`)).items
    if (!schedule || schedule.state === 'pending') throw new Error('it is pending')
    return schedule
  })

const released = (shape: () => Shape): void => {
  it('releases at its time, in the name of who scheduled it', async () => {
    const release = { configVersion: '2.0.0', reason: 'Launch' }
    const { appId, at, scheduled } = await ahead(1_000, async (soon) => {
      const appId = await ready(shape())
      const at = soon()
      const answer = await post(shape(), appId, { at, release })
      expect(answer.status, answer.text).toBe(201)
      return { appId, at, scheduled: answer.json<Schedule>() }
    })
    expect(scheduled).toEqual({
      ...{ scheduleId: expect.any(Number), appId, at, release, state: 'pending', revision: null },
      ...{
        failure: null,
        actor: 'admin',
        createdAt: expect.stringMatching(/Z$/),
        endedAt: null,
        endedBy: null,
      },
    })
    const done = await ended(shape(), appId)
    expect(done).toMatchObject({
      ...scheduled,
      state: 'released',
      revision: expect.any(Number),
      endedAt: expect.stringMatching(/Z$/),
    })
    const history = await manage(shape(), 'GET', `/apps/${appId}/releases`)
    expect(history.json<Page<Release>>().items[0]).toMatchObject({
      ...{ revision: done.revision, configVersion: '2.0.0', actor: 'admin', reason: 'Launch' },
    })
    await eventually(async () => {
      expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { version: 2 } })
    })
    const audited = await readAudit(shape(), appId)
    expect(audited.slice(0, 3).map(({ action }) => action)).toEqual([
      'schedule.release',
      'release.publish',
      'schedule.create',
    ])
    expect(audited[0]).toMatchObject({ target: String(scheduled.scheduleId), before: scheduled, after: done })
  })

  it('is listed as failed, with the reason, when it is refused at its time', async () => {
    const { appId, key } = await ahead(1_000, async (soon) => {
      const appId = await ready(shape())
      const key = await createKey(shape(), { role: 'publisher' })
      const body = { at: soon(), release: { configVersion: '2.0.0' } }
      expect((await post(as(shape(), key), appId, body)).status).toBe(201)
      expect((await manage(shape(), 'DELETE', `/keys/${key.keyId}`)).status).toBe(200)
      return { appId, key }
    })
    const { state, failure, revision } = await ended(shape(), appId)
    expect({ state, revision }).toEqual({ state: 'failed', revision: null })
    expect(failure).toEqual({ code: 'forbidden', detail: expect.stringContaining('revoked') })
    expect((await readAudit(shape(), appId))[0]).toMatchObject({ action: 'schedule.fail', actor: key.name })
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { version: 1 } })
  })
}

const managed = (shape: () => Shape): void => {
  it('is listed and cancelled', async () => {
    const appId = await ready(shape())
    const ids: number[] = []
    for (const configVersion of ['1.0.0', '2.0.0']) {
      const answer = await post(shape(), appId, { at: tomorrow, release: { configVersion } })
      ids.unshift(answer.json<Schedule>().scheduleId)
    }
    const idsOf = async (query: string) =>
      (await list(shape(), `appId=${appId}&${query}`)).items.map(({ scheduleId }) => scheduleId)
    expect(await idsOf('state=pending')).toEqual(ids)
    const first = await list(shape(), `appId=${appId}&limit=1`)
    expect(await idsOf(`cursor=${first.nextCursor}`)).toEqual([ids[1]])
    const cancelled = await manage(shape(), 'DELETE', `/schedules/${ids[0]}`)
    expect(cancelled.status, cancelled.text).toBe(200)
    expect(cancelled.json()).toMatchObject({ state: 'cancelled', endedBy: 'admin' })
    expect(await idsOf('state=cancelled')).toEqual([ids[0]])
    expectProblem(await manage(shape(), 'DELETE', `/schedules/${ids[0]}`), 'already_decided')
    expect((await readAudit(shape(), appId))[0]).toMatchObject({
      ...{ action: 'schedule.cancel', target: String(ids[0]) },
      ...{ before: { state: 'pending' }, after: { state: 'cancelled' } },
    })
  })

  it('is made once for an Idempotency-Key', async () => {
    const appId = await ready(shape())
    const headers = { 'idempotency-key': freshId('key') }
    const body = { at: tomorrow, release: { configVersion: '2.0.0' } }
    const [one, two] = [await post(shape(), appId, body, headers), await post(shape(), appId, body, headers)]
    expect(two.json()).toEqual(one.json())
    expect((await list(shape(), `appId=${appId}`)).items).toHaveLength(1)
  })
}

const refused = (shape: () => Shape): void => {
  it('is refused now for what would be refused then', async () => {
    const appId = await ready(shape())
    const release = { configVersion: '2.0.0' }
    expectProblem(await post(shape(), freshId(), { at: tomorrow, release }), 'app_not_found')
    expectProblem(
      await post(shape(), appId, { at: tomorrow, release: { configVersion: '9.9.9' } }),
      'version_not_found',
    )
    expectProblem(
      await post(shape(), appId, { at: tomorrow, release: { rollbackTo: 1 } }),
      'release_not_found',
    )
    expectProblem(
      await post(shape(), appId, { at: tomorrow, release: { promoteFrom: 'beta' } }),
      'nothing_to_release',
    )
    for (const at of ['2020-01-01T00:00:00Z', '2027-02-30T00:00:00Z']) {
      const problem = expectProblem(await post(shape(), appId, { at, release }), 'invalid_date')
      expect(places(problem)).toEqual(['invalid_date /at'])
    }
    expectProblem(await post(shape(), appId, { at: '2127-01-01', release }), 'invalid_field')
    expectProblem(await post(shape(), appId, { at: tomorrow }), 'missing_field')
    const { appId: careful } = await createApp(shape(), { requiresApproval: true })
    await saveVersion(shape(), careful, '2.0.0')
    expectProblem(await post(shape(), careful, { at: tomorrow, release }), 'approval_required')
    await manage(shape(), 'DELETE', `/apps/${appId}`)
    expectProblem(await post(shape(), appId, { at: tomorrow, release }), 'app_archived')
  })

  it('is refused to those below the role or beside the apps of a token', async () => {
    const appId = await ready(shape())
    const body = { at: tomorrow, release: { configVersion: '2.0.0' } }
    const { scheduleId } = (await post(shape(), appId, body)).json<Schedule>()
    expectProblem(await manage({ ...shape(), token: 'nobody' }, 'GET', '/schedules'), 'unauthorized')
    const editor = as(shape(), await createKey(shape(), { role: 'editor' }))
    expectProblem(await post(editor, appId, body), 'forbidden')
    expectProblem(await manage(editor, 'DELETE', `/schedules/${scheduleId}`), 'forbidden')
    expect((await list(editor, `appId=${appId}`)).items).toHaveLength(1)
    const { appId: another } = await createApp(shape())
    const elsewhere = as(shape(), await createKey(shape(), { role: 'publisher', appIds: [another] }))
    expectProblem(await post(elsewhere, appId, body), 'forbidden')
    expectProblem(await manage(elsewhere, 'DELETE', `/schedules/${scheduleId}`), 'forbidden')
    expect((await list(elsewhere, `appId=${appId}`)).items).toEqual([])
    const override = { ...body, release: { ...body.release, override: true, reason: 'now' } }
    const publisher = as(shape(), await createKey(shape(), { role: 'publisher' }))
    expectProblem(await post(publisher, appId, override), 'forbidden')
  })

  it('answers 404 for an unknown one, 400 for what is no id, state or cursor', async () => {
    expectProblem(await manage(shape(), 'DELETE', '/schedules/999999999'), 'schedule_not_found')
    expectProblem(await manage(shape(), 'DELETE', '/schedules/next'), 'invalid_parameter')
    expectProblem(await manage(shape(), 'GET', '/schedules?state=late'), 'invalid_parameter')
    expectProblem(await manage(shape(), 'GET', '/schedules?cursor=forged'), 'invalid_cursor')
  })
}

/** Releases at a time. */
export const schedules = (shape: () => Shape): void => {
  describe('scheduled releases', () => {
    released(shape)
    managed(shape)
    refused(shape)
  })
}
