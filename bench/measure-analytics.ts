import { join } from 'node:path'
import { Client } from 'pg'
import { freshFolder, removeFolder } from '../tests/stores/own-server.ts'
import { loadCore, moveTo, serverCore } from './machine.ts'
import type { Options } from './options.ts'
import { type Parasol, startParasol } from './parasol.ts'
import { atMost, number, printTable, progress, quantile, say } from './report.ts'
import { seedApps, seededAppId, seededTemplate } from './seed-apps.ts'
import { seedRollups } from './seed-rollups.ts'
import { profile, revisions } from './seed-tallies.ts'
import { openStores, type Stores } from './stores.ts'
import { measureRows, printYear, type RowSizes } from './year-of-rollups.ts'

const days = 90
const minuteHours = 6
const targetMs = 200

interface Asked {
  question: string
  about: 'an app' | 'a template' | 'the fleet'
  interval: string
  timeZone: string
  status: number
  rows: number
  latenciesMs: number[]
}

export interface AnalyticsResult {
  seedSeconds: number
  asked: Asked[]
  sizes: RowSizes
}

/** Every question as an operator's page would ask it. */
const questions = [
  ...['usage', 'usage?groupBy=platform', 'adoption', 'errors', 'errors?groupBy=platform', 'latency'],
  ...['devices', 'devices?groupBy=country', 'cache', 'events', 'top?groupBy=country&order=devices', 'stuck'],
]
const ofApp = ['adoption?groupBy=configVersion', 'events?event=app_error&property=screen']

const pathOf = (about: Asked['about'], question: string, parameters: Record<string, string>): string => {
  const [name, query = ''] = question.split('?')
  const all = new URLSearchParams(query)
  for (const [key, value] of Object.entries(parameters)) all.set(key, value)
  if (/^(top|stuck)/.test(question)) all.delete('interval')
  if (about === 'a template') all.set('template', seededTemplate)
  const base = about === 'an app' ? `/v1/api/analytics/${seededAppId(0)}` : '/manage/v1/analytics'
  return `${base}/${name}?${all}`
}

const ask = async (parasol: Parasol, path: string): Promise<{ status: number; rows: number; ms: number }> => {
  const startedAt = performance.now()
  const response = await fetch(`${parasol.url}${path}`, {
    headers: { authorization: `Bearer ${parasol.token}` },
  })
  const body = (await response.json()) as { rows?: unknown[] }
  return { status: response.status, rows: body.rows?.length ?? 0, ms: performance.now() - startedAt }
}

const measureQuestions = async (parasol: Parasol, asks: number): Promise<Asked[]> => {
  const measured: Asked[] = []
  const from = new Date(Date.now() - days * 86_400_000).toISOString()
  for (const about of ['an app', 'a template', 'the fleet'] as const) {
    for (const question of about === 'an app' ? [...questions, ...ofApp] : questions) {
      for (const interval of /^(top|stuck)/.test(question) ? ['total'] : ['day', 'hour']) {
        for (const timeZone of ['UTC', 'Europe/Berlin']) {
          const path = pathOf(about, question, { from, interval, timeZone })
          const first = await ask(parasol, path)
          const latenciesMs: number[] = []
          for (let n = 0; n < asks; n += 1) latenciesMs.push((await ask(parasol, path)).ms)
          measured.push({
            question,
            about,
            interval,
            timeZone,
            status: first.status,
            rows: first.rows,
            latenciesMs,
          })
        }
      }
    }
    progress(`analytics: asked about ${about}`)
  }
  return measured
}

/** Five releases of the app that is asked about, which its devices have in turn. */
const seedReleases = async (client: Client): Promise<void> => {
  for (const [index, revision] of revisions.entries()) {
    const at = new Date(Date.now() - (revisions.length - index) * 15 * 86_400_000)
    await client.query(
      `insert into releases (revision, app_id, channel, version, kind, actor, released_at)
       values ($1, $2, 'stable', '1.0.0', 'publish', 'bench', $3)`,
      [revision, seededAppId(0), at],
    )
  }
  await client.query('update channels set revision = $1 where app_id = $2', [
    revisions.at(-1),
    seededAppId(0),
  ])
}

const seed = async ({ databaseUrl }: Stores, apps: number): Promise<number> => {
  await seedApps(databaseUrl, { apps, extending: apps, keys: 2 })
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await seedReleases(client)
    const startedAt = performance.now()
    await seedRollups(client, { apps, days, minuteHours, now: Date.now() })
    return (performance.now() - startedAt) / 1_000
  } finally {
    await client.end()
  }
}

/** An operator's questions over 90 days of 1,000 apps; what a row takes, and so a year of 10,000 apps. */
export const measureAnalytics = async ({ analyticsApps, asks }: Options): Promise<AnalyticsResult> => {
  moveTo(loadCore, process.pid)
  const stores = await openStores()
  const folder = freshFolder('bench')
  const start = () =>
    startParasol({ runtime: 'node', dataDir: join(folder, 'node'), core: serverCore, env: stores.env })
  try {
    await (await start()).stop()
    progress(`analytics: seeding ${days} days of ${number(analyticsApps)} apps`)
    const seedSeconds = await seed(stores, analyticsApps)
    progress(`analytics: seeded in ${number(seedSeconds)} s`)
    const parasol = await start()
    const asked = await measureQuestions(parasol, asks).finally(() => parasol.stop())
    const sizes = await measureRows(stores.databaseUrl)
    print(asked, analyticsApps)
    printYear(sizes, profile)
    return { seedSeconds, asked, sizes }
  } finally {
    await stores.close()
    removeFolder(folder)
  }
}

const print = (asked: readonly Asked[], apps: number): void => {
  printTable(
    `Questions over ${days} days of ${number(apps)} apps, ${asked[0]?.latenciesMs.length} times each, over HTTP; the first page`,
    ['question', 'about', 'by', 'time zone', 'rows', 'p50 ms', 'p95 ms', 'max ms', 'target (p95)'],
    asked.map(({ question, about, interval, timeZone, status, rows, latenciesMs }) => {
      const p95 = quantile(latenciesMs, 0.95)
      return [
        question,
        ...[about, interval, timeZone, number(rows)],
        ...[quantile(latenciesMs, 0.5), p95, Math.max(...latenciesMs)].map((ms) => number(ms, 1)),
        status === 200 ? say(atMost(p95, targetMs, 'ms')) : `answered ${status}`,
      ]
    }),
  )
}
