import { describe, expect, it } from 'vitest'
import { seedApps, seededAppId, seededTemplate } from '../../bench/seed-apps.ts'
import type { Program } from '../program.ts'
import { askPostgres } from '../stores/ask.ts'
import { campaign, eventually, manage, ownPostgres, read, startNode } from './fleet.ts'

const kills = campaign ? 60 : 4
const apps = 2_000

/** One change of all apps, and what it leaves behind when it is done. */
interface Change {
  title: string
  path: string
  /** The body of the nth one. */
  body(n: number): object
  /** What clients of an app get of the nth one: its value of `n`. */
  key: 'own' | 'above'
}

const changes: Change[] = [
  {
    title: 'a patch over the fleet',
    path: '/fleet/releases',
    body: (n) => ({ select: { extends: seededTemplate }, release: { patch: { own: n } } }),
    key: 'own',
  },
  {
    title: 'a release of the template',
    path: `/apps/${seededTemplate}/releases`,
    body: (n) => ({ configVersion: `2.0.${n}` }),
    key: 'above',
  },
]

/** Sends the change and kills the node somewhere within `ms`. */
const killWithin = async (node: Program, { path, body }: Change, n: number, ms: number) => {
  const answer = manage(node, 'POST', path, { body: body(n) }).catch(() => undefined)
  await new Promise((resolve) => setTimeout(resolve, Math.random() * ms))
  process.kill(node.pid, 'SIGKILL')
  await node.kill()
  return answer
}

/** All that changes leave behind, counted. */
const countAll = async (databaseUrl: string): Promise<Record<string, number>> => {
  const [counts] = await askPostgres(
    databaseUrl,
    `select (select count(*)::int from releases) as releases, (select count(*)::int from configs) as versions,
      (select count(*)::int from fleet_releases) as fleets, (select count(*)::int from audit_log) as audited,
      (select count(distinct revision)::int from channels) as live`,
  )
  return counts as Record<string, number>
}

const saveTemplate = async (node: Program, n: number): Promise<void> => {
  const body = {
    configVersion: `2.0.${n}`,
    data: { theme: { primary: 'red' }, legal: '/', above: n },
    force: true,
  }
  const { status, body: text } = await manage(node, 'POST', `/apps/${seededTemplate}/configs`, { body })
  expect(status, JSON.stringify(text)).toBe(201)
}

/** What a change adds to the counts: a release for each app, and once the rest. */
const added: Record<Change['key'], Record<string, number>> = {
  own: { releases: apps, versions: apps, fleets: 1, audited: 1, live: 0 },
  above: { releases: apps + 1, versions: 0, fleets: 0, audited: 1, live: 0 },
}

/** The server needs a moment to see that a client is gone, and to take back what it had begun. */
const untilNothingIsUnderWay = (databaseUrl: string): Promise<void> =>
  eventually(async () => {
    const open = await askPostgres(
      databaseUrl,
      `select pid from pg_stat_activity where application_name = 'parasol' and xact_start is not null`,
    )
    expect(open).toEqual([])
  })

const expectClients = async (node: Program, key: Change['key'], value: number | undefined): Promise<void> => {
  for (const index of [0, apps / 2, apps - 1]) {
    await eventually(async () => {
      const { config } = await read(node, seededAppId(index))
      expect(config.data?.[key]).toBe(value)
    })
  }
}

describe('kill -9 at any moment', () => {
  it.each(changes)(
    `of $title leaves all of ${apps} apps changed, or none`,
    async (change) => {
      const postgres = await ownPostgres()
      const env = { DATABASE_URL: postgres.url }
      let node = await startNode(env)
      await seedApps(postgres.url, { apps, extending: apps, keys: 2 })
      const ends = { survived: 0, undone: 0 }
      let live: number | undefined
      let took = 800
      for (let n = 1; n <= kills; n++) {
        if (change.key === 'above') await saveTemplate(node, n)
        const before = await countAll(postgres.url)
        const startedAt = performance.now()
        const answer = await killWithin(node, change, n, took * 1.2)
        if (answer) took = performance.now() - startedAt
        node = await startNode(env, node.dataDir)
        await untilNothingIsUnderWay(postgres.url)

        const after = await countAll(postgres.url)
        const survived = after.releases !== before.releases
        const add = survived ? added[change.key] : {}
        const expected = Object.entries(before).map(([name, count]) => [name, count + (add[name] ?? 0)])
        expect(after).toEqual(Object.fromEntries(expected))
        if (answer?.status === 201) expect(survived).toBe(true)
        ends[survived ? 'survived' : 'undone'] += 1
        if (survived) live = n
        await expectClients(node, change.key, live)
      }
      console.log(change.title, ends)
      // What was told to nobody before a kill is told after it.
      await eventually(async () => {
        const [outbox] = await askPostgres(postgres.url, 'select count(*)::int as rows from outbox')
        expect(outbox).toEqual({ rows: 0 })
      })
    },
    120_000 + kills * 30_000,
  )
})
