import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GuardsInput, guardsInput, sourceOf } from '../../../../contract/guard.ts'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import { readRollout } from '../../config/rollouts/find-rollout.ts'
import { type Fleet, openFleet } from '../../config/rollouts/fleet.fixture.ts'
import { signalRollout } from '../../config/rollouts/signal-rollout.ts'
import { type Actor, administrator } from '../../platform/auth/authenticate.ts'
import { sizeOf } from '../../platform/buckets/in-percentage.ts'
import type { Measured } from './ask-prometheus.ts'
import { collectEvidence, type SeenEvent } from './collect-evidence.ts'
import { listDueGuards, makeGuardRows } from './guard-rows.ts'
import type { AlertState } from './judge-alert.ts'
import { judgeRollout } from './judge-rollout.ts'
import { readGuards } from './read-guards.ts'
import type { SendSignal } from './send-signal.ts'
import { addEvidence, forgetEvidence } from './store-evidence.ts'
import { placesIn } from './trial.ts'
import { watchGuarded } from './watch-guarded.ts'

const tenths = { growth: 'linear', growthFactorPercent: 10, durationSeconds: 600, bakeSeconds: 60 } as const
const analytics: Actor = { ...administrator, name: 'analytics' }

describe.each(bothDatabases)('judgeRollout on $kind', ({ make }) => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await openFleet(await make())
  })
  afterAll(() => fleet?.close())

  let alert: AlertState | undefined
  let measured: Measured = { values: [] }
  const asked: string[] = []
  const said: string[] = []
  const send: SendSignal = async (rolloutId, { name, ...signal }) => {
    said.push(signal.decision)
    await fleet.as(analytics, (scope) =>
      signalRollout(scope, rolloutId, { ...signal, source: sourceOf(name) }),
    )
  }
  const options = (over: { send?: SendSignal } = {}) => ({
    ...{ db: fleet.db, send, readAlert: async () => alert },
    askPrometheus: async (query: string) => {
      asked.push(query)
      return measured
    },
    ...over,
  })
  const start = async (appId: string, guards: unknown = 'default') => {
    await fleet.ready(appId)
    const input = guardsInput.parse(guards) as GuardsInput
    const { rolloutId, revision } = await fleet.release(appId, '2.0.0', { ...tenths, guards: input })
    return { id: Number(rolloutId), revision, appId }
  }
  const read = (rolloutId: number) => readRollout({ db: fleet.db, actor: administrator }, rolloutId)
  const guardsOf = async (rolloutId: number) =>
    (await readGuards({ db: fleet.db, actor: administrator }, rolloutId)).guards
  /** It is time for the guards to look. */
  const look = async (id: number, over: { send?: SendSignal } = {}): Promise<void> => {
    await makeGuardRows(fleet.db)
    await sql`update guards set next_look_at = clock_timestamp() where next_look_at is not null`.execute(
      fleet.db,
    )
    await judgeRollout(options(over), id)
  }
  const pieces = async (): Promise<number> =>
    (await fleet.db.selectFrom('guard_evidence').selectAll().execute()).length
  /** What devices of so many buckets of each side tell, stored as the events are. */
  const tell = async (
    { id, appId, revision }: { id: number; appId: string; revision: number },
    events: { name: string; inside: number; outside: number; each?: number }[],
  ): Promise<void> => {
    const guarded = watchGuarded({ db: fleet.db, onError: (error) => expect.fail(String(error)) })
    await guarded.look()
    const places = placesIn(id)
    const at = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => places.indexOf(from + n))
    const all = events.flatMap(({ name, inside, outside, each = 1 }): SeenEvent[] => {
      const within = at(0, inside).map((bucket) => ({ appId, name, revision, bucket }))
      const without = at(sizeOf(10), outside).map((bucket) => ({ appId, name, revision: null, bucket }))
      return Array.from({ length: each }, () => [...within, ...without]).flat()
    })
    await fleet.db.transaction().execute(async (transaction) => {
      await addEvidence(transaction, collectEvidence(guarded, all, Date.now()))
    })
    await guarded.close()
  }
  const starts = { name: 'session_start', inside: 500, outside: 4_000, each: 3 }

  test('holds a rollout until there is enough, then lets it go on, and is the reason why it stands', async () => {
    const rollout = await start('good')
    await fleet.step()
    expect(await read(rollout.id)).toMatchObject({
      percent: 10,
      reason: expect.stringContaining('guard: errors: nothing is heard of it'),
    })
    await look(rollout.id)
    await fleet.step()
    const waits = 'waits for 1000 session_start on the new revision'
    expect(await read(rollout.id)).toMatchObject({ percent: 10, reason: `guard: errors: ${waits}` })
    expect(await guardsOf(rollout.id)).toMatchObject([{ name: 'errors', decision: 'hold', reason: waits }])
    await tell(rollout, [starts, { name: 'app_error', inside: 10, outside: 90 }])
    await look(rollout.id)
    await fleet.step()
    expect(await read(rollout.id)).toMatchObject({ percent: 20, reason: null })
    expect(await guardsOf(rollout.id)).toMatchObject([
      {
        ...{ decision: 'go', reason: 'no harm found', value: null },
        estimate: { exposures: { inside: 1_500, outside: 12_000 }, worth: 1_500 },
        lookedAt: expect.stringMatching(/Z$/),
      },
    ])
    expect(await pieces()).toBe(0)
  })

  test('takes a bad release back at once, in the words of the guard, and looks no more', async () => {
    const rollout = await start('bad')
    await tell(rollout, [starts, { name: 'config_failed', inside: 60, outside: 180 }])
    await look(rollout.id)
    const after = await read(rollout.id)
    expect(after.state).toBe('rolled_back')
    expect(after.reason).toMatch(/^guard: errors: .* times as frequent on the new revision as elsewhere/)
    expect(await fleet.standing('bad')).toEqual({ bad: '1.0.0' })
    await look(rollout.id)
    const due = await listDueGuards(fleet.db, 100)
    expect(due.filter(({ id }) => id === rollout.id)).toEqual([])
    expect(await guardsOf(rollout.id)).toMatchObject([
      { decision: 'rollback', estimate: { harms: { inside: 60 } } },
    ])
    await tell(rollout, [starts])
    expect(await pieces()).toBe(0)
  })

  test('takes one back that has fewer of what is wanted', async () => {
    const guards = [{ kind: 'events', harm: 'purchase', worse: 'fewer' }]
    const rollout = await start('fewer', guards)
    await tell(rollout, [starts, { name: 'purchase', inside: 40, outside: 900 }])
    await look(rollout.id)
    expect(await read(rollout.id)).toMatchObject({ state: 'rolled_back' })
  })

  test('learns each piece of evidence once, whichever node looks, and none of a transaction that failed', async () => {
    const rollout = await start('once')
    await tell(rollout, [starts])
    const failed = fleet.db.transaction().execute(async (transaction) => {
      const evidence = { at: 1, percent: 10, exposures: { inside: 9, outside: 9 }, adopted: 9 }
      const rest = { harms: { inside: 0, outside: 0 }, seen: [1], harmed: [] }
      await addEvidence(transaction, [
        { rolloutId: rollout.id, name: 'errors', evidence: { ...evidence, ...rest } },
      ])
      throw new Error('the disk is full')
    })
    await expect(failed).rejects.toThrow('the disk is full')
    await makeGuardRows(fleet.db)
    await Promise.all([1, 2, 3].map(() => judgeRollout(options(), rollout.id)))
    await look(rollout.id)
    const [state] = await guardsOf(rollout.id)
    expect(state?.estimate).toMatchObject({ exposures: { inside: 1_500, outside: 12_000 }, adopted: 1_500 })
  })

  test('goes on without being sure when a quiet app has waited as long as it may', async () => {
    const rollout = await start('quiet', [{ kind: 'events', maxHoldSeconds: 600 }])
    await fleet.pass()
    await look(rollout.id)
    await fleet.runDue()
    expect(await read(rollout.id)).toMatchObject({ percent: 10 })
    const late = sql`update rollouts set next_step_at = clock_timestamp() - interval '601 seconds',
      next_look_at = clock_timestamp() where rollout_id = ${rollout.id}`
    await late.execute(fleet.db)
    await look(rollout.id)
    await fleet.runDue()
    expect(await read(rollout.id)).toMatchObject({ percent: 20 })
    const reason = 'goes on after 600 s without being sure: waits for 1000 session_start on the new revision'
    expect(await guardsOf(rollout.id)).toMatchObject([{ decision: 'go', reason }])
  })

  test('holds it again when nothing has been heard for a minute', async () => {
    const rollout = await start('silent')
    await tell(rollout, [starts])
    await look(rollout.id)
    await sql`update rollout_signals set expires_at = clock_timestamp() where rollout_id = ${rollout.id}`.execute(
      fleet.db,
    )
    await fleet.step()
    expect(await read(rollout.id)).toMatchObject({
      percent: 10,
      reason: expect.stringContaining('nothing is heard'),
    })
  })

  test('says the same again in time, and nothing in between; what was not said is said at the next look', async () => {
    const rollout = await start('told')
    said.length = 0
    const away: SendSignal = async () => {
      throw new Error('connect ECONNREFUSED')
    }
    await expect(look(rollout.id, { send: away })).rejects.toThrow('ECONNREFUSED')
    await look(rollout.id)
    await look(rollout.id)
    expect(said).toEqual(['hold'])
    await sql`update guards set told_at = told_at - interval '21 seconds' where rollout_id = ${rollout.id}`.execute(
      fleet.db,
    )
    await look(rollout.id)
    expect(said).toEqual(['hold', 'hold'])
    expect(await fleet.audited('rollout.signal', rollout.id)).toHaveLength(1)
  })

  test('asks what else it is to look at, and goes on when all agree', async () => {
    const guards = [
      { kind: 'alert', rule: 'read-errors' },
      ...[{ kind: 'prometheus', query: 'x{app="$appId",revision="$revision"}', threshold: 1, forSeconds: 0 }],
    ]
    const rollout = await start('others', guards)
    alert = undefined
    measured = { values: [0.5] }
    await look(rollout.id)
    expect(asked.at(-1)).toBe(`x{app="others",revision="${rollout.revision}"}`)
    expect(await guardsOf(rollout.id)).toMatchObject([
      { decision: 'hold', reason: 'there is no alert rule read-errors', estimate: null },
      { decision: 'go', reason: 'is not above 1', value: 0.5 },
    ])
    await fleet.step()
    expect(await read(rollout.id)).toMatchObject({ percent: 10 })
    alert = { state: 'quiet', since: null }
    await look(rollout.id)
    await fleet.step()
    expect(await read(rollout.id)).toMatchObject({ percent: 20 })
    measured = { values: [2] }
    await look(rollout.id)
    expect(await read(rollout.id)).toMatchObject({
      state: 'rolled_back',
      reason: 'guard: prometheus: 2 is above 1, for 0 s or longer',
    })
  })

  test('forgets what came after the end of its rollout', async () => {
    const rollout = await start('ended')
    await tell(rollout, [starts])
    await send(rollout.id, { name: 'errors', decision: 'rollback', reason: 'by hand', expiresInSeconds: 60 })
    expect(await pieces()).toBe(1)
    await forgetEvidence(fleet.db)
    expect(await pieces()).toBe(0)
  })

  test('tells who may see a rollout what its guards say, even before they looked, and nobody else', async () => {
    const rollout = await start('seen')
    const scoped = (appIds: string[]): Actor => ({ ...administrator, scope: { appIds, labels: null } })
    const { guards } = await readGuards({ db: fleet.db, actor: scoped(['seen']) }, rollout.id)
    expect(guards).toMatchObject([{ decision: 'hold', reason: 'has not looked yet', lookedAt: null }])
    const stranger = readGuards({ db: fleet.db, actor: scoped(['bad']) }, rollout.id)
    await expect(stranger).rejects.toMatchObject({ code: 'forbidden' })
    const nothing = readGuards({ db: fleet.db, actor: administrator }, 999_999_999)
    await expect(nothing).rejects.toMatchObject({ code: 'rollout_not_found' })
  })
})
