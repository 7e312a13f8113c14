import { describe, expect, it } from 'vitest'
import type { Program } from '../program.ts'
import { askPostgres } from '../stores/ask.ts'
import {
  badNetwork,
  campaign,
  createApp,
  eventually,
  expectAll,
  manage,
  ownPostgres,
  patienceMs,
  pause,
  publish,
  randomUpTo,
  startNode,
} from './fleet.ts'

const steps = campaign ? 60 : 6
const rounds = campaign ? 20 : 1
/** A step a second. */
const plan = {
  growth: 'linear',
  growthFactorPercent: Math.ceil(10_000 / steps) / 100,
  durationSeconds: steps,
  bakeSeconds: 1,
}
const completeMs = campaign ? patienceMs + steps * 1_000 : patienceMs
const timeout = campaign ? 3_600_000 : 300_000

interface Started {
  url: string
  id: number
  appId: string
  revision: number
}

/** Brings a new version to an app in stages. */
const start = async (node: Program, databaseUrl: string, appId: string): Promise<Started> => {
  await createApp(node, appId)
  await publish(node, appId, { version: 1 })
  const saved = await manage(node, 'POST', `/apps/${appId}/configs`, {
    body: { bump: 'patch', data: { version: 2 } },
  })
  const { configVersion } = saved.body
  const { status, body } = await manage(node, 'POST', `/apps/${appId}/releases`, {
    body: { configVersion, rollout: plan },
  })
  expect(status, JSON.stringify(body)).toBe(201)
  return { url: databaseUrl, id: Number(body.rolloutId), appId, revision: Number(body.revision) }
}

const stateOf = async ({ url, id }: Started): Promise<{ state: string; step: number }> => {
  const [row] = await askPostgres(url, `select state, step from rollouts where rollout_id = ${id}`)
  return row as { state: string; step: number }
}

/** It ends by itself, and history and audit log show each step once and in its order. */
const expectEachStepOnce = async (started: Started, nodes: Program[]): Promise<void> => {
  const { url, id, appId, revision } = started
  await eventually(
    async () => expect(await stateOf(started)).toMatchObject({ state: 'completed' }),
    completeMs,
  )
  const audited = await askPostgres(
    url,
    `select action, reason from audit_log where target = '${id}' and action like 'rollout.%' order by id`,
  )
  expect(audited).toEqual([
    ...Array.from({ length: steps - 1 }, (_, n) => ({
      action: 'rollout.step',
      reason: `step ${n + 2} of ${steps}`,
    })),
    { action: 'rollout.complete', reason: null },
  ])
  const releases = await askPostgres(
    url,
    `select kind from releases where app_id = '${appId}' order by revision`,
  )
  expect(releases).toEqual([{ kind: 'publish' }, { kind: 'rollout' }])
  await expectAll(nodes, appId, revision)
}

describe('rollouts over several nodes', () => {
  it(
    'go on after kill -9, and take each step once however many nodes run',
    async () => {
      const postgres = await ownPostgres()
      const env = { DATABASE_URL: postgres.url }
      const nodes = await Promise.all([startNode(env), startNode(env), startNode(env)])
      for (let round = 0; round < rounds; round++) {
        const started = await start(nodes[0] as Program, postgres.url, `killed-${round}`)
        for (const victim of [0, 1]) {
          await eventually(async () => expect((await stateOf(started)).step).toBeGreaterThan(victim + 1))
          await pause(randomUpTo(1_000))
          await nodes[victim]?.kill()
        }
        await expectEachStepOnce(started, nodes.slice(2))
        nodes.splice(0, 2, ...(await Promise.all([startNode(env), startNode(env)])))
      }
    },
    timeout,
  )

  it(
    'go on when the database is back, without leaving out a step or taking one twice',
    async () => {
      const postgres = await ownPostgres()
      const { proxy, url } = await badNetwork(postgres)
      const env = { DATABASE_URL: url, PARASOL_DATABASE_TIMEOUT_MS: '2000' }
      const nodes = await Promise.all([startNode(env), startNode(env), startNode(env)])
      for (let round = 0; round < rounds; round++) {
        const started = await start(nodes[0] as Program, postgres.url, `away-${round}`)
        await eventually(async () => expect((await stateOf(started)).step).toBeGreaterThan(1))
        for (let n = 0; n < 10; n++) {
          proxy.cut()
          await pause(randomUpTo(100))
          proxy.heal()
          await pause(randomUpTo(300))
        }
        await postgres.stop()
        await pause(2_000)
        await postgres.start()
        await expectEachStepOnce(started, nodes)
      }
    },
    timeout,
  )

  it(
    'release what was scheduled once, at a start after its time too',
    async () => {
      const postgres = await ownPostgres()
      const env = { DATABASE_URL: postgres.url }
      const first = await startNode(env)
      const appIds = Array.from({ length: 12 }, (_, n) => `timed-${n}`)
      const live = new Map<string, number>()
      for (const appId of appIds) {
        await createApp(first, appId)
        live.set(appId, await publish(first, appId, { version: 1 }))
      }
      // However long that takes, its time comes after the kill.
      const at = new Date(Date.now() + 3_600_000).toISOString()
      for (const appId of appIds) {
        const body = { at, release: { rollbackTo: live.get(appId) } }
        const { status } = await manage(first, 'POST', `/apps/${appId}/schedules`, { body })
        expect(status).toBe(201)
      }
      await first.kill()
      await askPostgres(postgres.url, 'update schedules set due_at = now()')
      await Promise.all([startNode(env), startNode(env), startNode(env)])
      await eventually(async () => {
        const pending = await askPostgres(postgres.url, `select 1 from schedules where state = 'pending'`)
        expect(pending).toEqual([])
      })
      const made = await askPostgres(
        postgres.url,
        `select app_id, count(*)::int as releases, count(s.schedule_id)::int as scheduled
         from releases left join schedules s using (app_id, revision) group by app_id`,
      )
      expect(made.toSorted((a, b) => String(a.app_id).localeCompare(String(b.app_id)))).toEqual(
        appIds
          .toSorted((a, b) => a.localeCompare(b))
          .map((app_id) => ({ app_id, releases: 2, scheduled: 1 })),
      )
    },
    timeout,
  )
})
