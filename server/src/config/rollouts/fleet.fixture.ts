import { type Kysely, sql } from 'kysely'
import type { PublishReleaseInput, ReleaseMade } from '../../../../contract/release.ts'
import type { RolloutPlanInput } from '../../../../contract/rollout.ts'
import { type Actor, administrator } from '../../platform/auth/authenticate.ts'
import type { Change } from '../../platform/changes/changes.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { createApp } from '../apps/create-app.ts'
import { createTransact, type Scope } from '../change.ts'
import { dueWorks } from '../due-works.ts'
import { releaseApp } from '../releases/publish-release.ts'
import { createSchemaChecks } from '../schemas/create-schema-checks.ts'
import { saveVersion } from '../versions/save-version.ts'
import { guardBySignals, type RolloutGuard } from './guard.ts'

/** Verbs on a database of the test's own, without HTTP and without waiting: `pass` lets time pass. */
export const openFleet = async (own: { database: Database; drop(): Promise<void> }) => {
  const { database } = own
  const db: Kysely<Tables> = database.kysely
  const checks = createSchemaChecks()
  const told: Change[] = []
  const transact = createTransact(db, checks, async (changes) => void told.push(...changes))
  const as = <Result>(actor: Actor, work: (scope: Scope) => Promise<Result>): Promise<Result> =>
    transact({ actor, requestId: 'test' }, work)
  const admin = <Result>(work: (scope: Scope) => Promise<Result>): Promise<Result> => as(administrator, work)

  const make = (appId: string, tie: { kind?: 'app' | 'template'; extends?: string; labels?: object } = {}) =>
    admin((scope) =>
      createApp(scope, {
        appId,
        name: appId,
        kind: 'app',
        access: 'public',
        extends: null,
        requiresApproval: false,
        attributes: {},
        pollSeconds: null,
        allowedOrigins: null,
        ...tie,
        labels: { ...tie.labels },
      }),
    )
  const save = (appId: string, configVersion: string, data: Record<string, unknown> = { v: configVersion }) =>
    admin((scope) => saveVersion(scope, appId, { configVersion, data }))
  const publish = (appId: string, input: PublishReleaseInput): Promise<ReleaseMade> =>
    admin((scope) => releaseApp(scope, appId, input, { ifMatch: undefined, isApproved: false }))
  const release = (appId: string, configVersion: string, rollout?: RolloutPlanInput) =>
    publish(appId, { configVersion, ...(rollout !== undefined && { rollout }) })
  const rollBack = (appId: string, rollbackTo: number) => publish(appId, { rollbackTo })
  /** An app with 1.0.0 live and 2.0.0 saved. */
  const ready = async (appId: string, tie: Parameters<typeof make>[1] = {}): Promise<void> => {
    await make(appId, tie)
    for (const version of ['1.0.0', '2.0.0']) await save(appId, version)
    await release(appId, '1.0.0')
  }

  /** Does all that is due, as one node. */
  const runDue = async (guard: RolloutGuard = guardBySignals): Promise<void> => {
    for (const work of dueWorks({ db, transact, guard })) {
      for (const due of await work.list(100)) await work.run(due)
    }
  }
  /** The time of the next step, or of the next look alone, has come. */
  const pass = async (what: 'step' | 'look' = 'step'): Promise<void> => {
    await sql`update rollouts set next_look_at = clock_timestamp()
      ${what === 'step' ? sql`, next_step_at = clock_timestamp()` : sql``} where next_look_at is not null`.execute(
      db,
    )
  }
  const step = async (guard?: RolloutGuard): Promise<void> => {
    await pass()
    await runDue(guard)
  }

  /** What each channel has: live and, behind a slash, the candidate; with the versions of the templates below. */
  const standing = async (...appIds: string[]): Promise<Record<string, string>> => {
    const { rows } = await sql<{ app_id: string; channel: string; live: string; candidate: string | null }>`
      select c.app_id, c.channel, r.version || coalesce(' on ' || r.base_version, '') as live,
        n.version || coalesce(' on ' || n.base_version, '') as candidate
      from channels c join releases r on r.revision = c.revision left join releases n on n.revision = c.candidate_revision
      order by c.app_id, c.channel`.execute(db)
    const asked = rows.filter(({ app_id }) => appIds.length === 0 || appIds.includes(app_id))
    return Object.fromEntries(
      asked.map(({ app_id, channel, live, candidate }) => [
        channel === 'stable' ? app_id : `${app_id}:${channel}`,
        candidate === null ? live : `${live} / ${candidate}`,
      ]),
    )
  }
  const audited = async (
    action: string,
    rolloutId: number,
  ): Promise<{ actor: string; reason: string | null }[]> =>
    db
      .selectFrom('audit_log')
      .select(['actor', 'reason'])
      .where('action', '=', action)
      .where('target', '=', String(rolloutId))
      .orderBy('id')
      .execute()

  return {
    ...{
      db,
      told,
      as,
      admin,
      make,
      save,
      release,
      rollBack,
      ready,
      runDue,
      pass,
      step,
      standing,
      audited,
      transact,
    },
    close: async () => {
      await checks.close()
      await own.drop()
    },
  }
}

export type Fleet = Awaited<ReturnType<typeof openFleet>>

/** Grows in two steps, and bakes. */
export const halves = {
  growth: 'linear',
  growthFactorPercent: 50,
  durationSeconds: 60,
  bakeSeconds: 60,
} as const
/** Grows in five. */
export const fifths = { ...halves, growthFactorPercent: 20 } as const
