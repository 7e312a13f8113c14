import { join } from 'node:path'
import { askPostgres } from '../tests/stores/ask.ts'
import { freshFolder, removeFolder } from '../tests/stores/own-server.ts'
import { connectReader } from './connect-reader.ts'
import { loadCore, moveTo, neverWait, serverCore } from './machine.ts'
import { post } from './management.ts'
import type { Options } from './options.ts'
import { type PacedReads, readAtPace } from './paced-reads.ts'
import { type Parasol, startParasol } from './parasol.ts'
import { atMost, number, printTable, progress, quantile, say } from './report.ts'
import { seedApps, seededAppId, seededTemplate } from './seed-apps.ts'
import { openStores, type Stores } from './stores.ts'

/** Milliseconds of each repetition, by what was asked. */
type Questions = Record<string, number[]>

interface FanOut {
  apps: number
  /** Which node is read. */
  read: 'another' | 'the releasing one'
  answeredMs: number
  /** From the sending of the release until every app that was being read had its new config on the node that is read. */
  visibleMs: number
  before: PacedReads
  during: PacedReads
  queriesPerSecondBefore: number
  queriesPerSecondDuring: number
}

export interface FleetResult {
  few: Questions
  many: Questions
  fanOuts: FanOut[]
}

const fewApps = 1_000
const extending = 10_000
const hotApps = 1_000
const readsPerSecond = 500
const repetitions = 100
/** Of each kind of node that is read, after one to warm up. */
const fanOuts = 3

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const anyApp = (apps: number): string => seededAppId(Math.floor(Math.random() * apps))

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

const asking = (parasol: Parasol) => async (path: string) => {
  const response = await fetch(`${parasol.url}/manage/v1${path}`, {
    headers: { authorization: `Bearer ${parasol.token}` },
  })
  if (!response.ok) throw new Error(`GET ${path} was answered with ${response.status}`)
  return response.json()
}

/** Every question of an operator's day, each many times, at random places of the fleet. */
const measureQuestions = async (parasol: Parasol, apps: number): Promise<Questions> => {
  const ask = asking(parasol)
  const reader = connectReader(parasol.url, 1)
  const questions: Record<string, () => Promise<unknown>> = {
    'list a page in the middle': () =>
      ask(`/apps?cursor=${Buffer.from(JSON.stringify(anyApp(apps))).toString('base64url')}`),
    'search by the beginning of a name': () => ask(`/apps?search=${anyApp(apps).slice(0, -1)}`),
    'list by label': () => ask(`/apps?label=team:team-${Math.floor(Math.random() * 1_000)}&limit=50`),
    'read an app': () => ask(`/apps/${anyApp(apps)}`),
    'read its history': () => ask(`/apps/${anyApp(apps)}/releases`),
    'read its effective config': () => ask(`/apps/${anyApp(apps)}/effective`),
    'release an app': () => post(parasol, `/apps/${anyApp(apps)}/releases`, { configVersion: '1.0.0' }),
    'cold read by a client': () => reader.get(`/v1/api/config/${anyApp(apps)}`),
  }
  const measured: Questions = {}
  for (const [name, question] of Object.entries(questions)) {
    for (let warm = 0; warm < 10; warm += 1) await question()
    measured[name] = []
    for (let time = 0; time < repetitions; time += 1) measured[name].push(await timed(question))
  }
  reader.close()
  return measured
}

const queriesSoFar = async ({ databaseUrl }: Stores): Promise<number> => {
  const [row] = await askPostgres(
    databaseUrl,
    'select xact_commit::int as commits from pg_stat_database where datname = current_database()',
  )
  return Number(row?.commits)
}

/** Reads the hot apps one after the other until each has the version. */
const untilAllHave = async (node: Parasol, mark: string): Promise<void> => {
  const reader = connectReader(node.url, 8)
  for (let index = 0; index < hotApps; index += 1) {
    while (!(await reader.get(`/v1/api/config/${seededAppId(index)}`)).body.includes(mark)) await pause(20)
  }
  reader.close()
}

/** The node that is read has a core, as on a machine of its own; the other node, stores and load share the other one. */
const measureFanOut = async (
  stores: Stores,
  { publisher, other }: { publisher: Parasol; other: Parasol },
  { round, read }: { round: number; read: FanOut['read'] },
): Promise<FanOut> => {
  const [node, beside] = read === 'another' ? [other, publisher] : [publisher, other]
  moveTo(serverCore, node.pid)
  moveTo(loadCore, beside.pid)
  await untilAllHave(node, 'theme')
  const path = () => `/v1/api/config/${seededAppId(Math.floor(Math.random() * hotApps))}`
  const quiet = 6_000
  const atStart = await queriesSoFar(stores)
  const before = await readAtPace(node.url, { perSecond: readsPerSecond, path, until: pause(quiet) })
  const atRelease = await queriesSoFar(stores)
  const configVersion = round % 2 === 0 ? '1.0.1' : '1.0.0'
  const mark = round % 2 === 0 ? '#ff375f' : '#0a84ff'
  let answeredMs = 0
  let visibleMs = 0
  const startedAt = performance.now()
  const everything = Promise.all([
    timed(() => post(publisher, `/apps/${seededTemplate}/releases`, { configVersion })).then((ms) => {
      answeredMs = ms
    }),
    untilAllHave(node, mark).then(() => {
      visibleMs = performance.now() - startedAt
    }),
  ])
  const during = await readAtPace(node.url, { perSecond: readsPerSecond, path, until: everything })
  await everything
  const seconds = (performance.now() - startedAt) / 1_000
  const atEnd = await queriesSoFar(stores)
  return {
    apps: extending,
    read,
    answeredMs,
    visibleMs,
    before,
    during,
    queriesPerSecondBefore: (atRelease - atStart) / (quiet / 1_000),
    queriesPerSecondDuring: (atEnd - atRelease) / seconds,
  }
}

const withFleet = async <T>(
  apps: number,
  extendingApps: number,
  work: (stores: Stores, start: (name: string, core?: number) => Promise<Parasol>) => Promise<T>,
): Promise<T> => {
  const stores = await openStores()
  const folder = freshFolder('bench')
  const running: Parasol[] = []
  const start = async (name: string, core?: number): Promise<Parasol> => {
    const parasol = await startParasol({
      runtime: 'node',
      dataDir: join(folder, name),
      env: stores.env,
      ...(core !== undefined && { core }),
    })
    running.push(parasol)
    return parasol
  }
  try {
    await (await start('first')).stop()
    running.pop()
    await seedApps(stores.databaseUrl, {
      apps,
      extending: extendingApps,
      keys: 6,
      onProgress: (done) => progress(`fleet: seeded ${number(done)} of ${number(apps)} apps`),
    })
    return await work(stores, start)
  } finally {
    for (const parasol of running) await parasol.stop()
    await stores.close()
    removeFolder(folder)
  }
}

/** An operator's questions over few apps and over many; and a template's release to 10,000 apps while they are read. */
export const measureFleet = async ({ fleetApps }: Options): Promise<FleetResult> => {
  // What is started from here on, the stores among it, stays off the core of the node that is read.
  moveTo(loadCore, process.pid)
  const few = await withFleet(fewApps, 0, async (_, start) =>
    measureQuestions(await start('node', serverCore), fewApps),
  )
  const result = await withFleet(fleetApps, extending, async (stores, start) => {
    const publisher = await start('publisher', serverCore)
    progress(`fleet: questions over ${number(fleetApps)} apps`)
    const many = await measureQuestions(publisher, fleetApps)
    const other = await start('other', loadCore)
    progress(`fleet: the load ${neverWait() ? 'never waits for a core' : 'may wait for its core'}`)
    const measured: FanOut[] = []
    const reads = (['another', 'the releasing one'] as const).flatMap((read) => [
      ...(read === 'another' ? [read] : []),
      ...Array.from({ length: fanOuts }, () => read),
    ])
    for (const [round, read] of reads.entries()) {
      progress(`fleet: release of the template, ${round + 1} of ${reads.length}`)
      measured.push(await measureFanOut(stores, { publisher, other }, { round, read }))
    }
    return { few, many, fanOuts: measured.slice(1) }
  })
  print(result, fleetApps)
  return result
}

const print = ({ few, many, fanOuts }: FleetResult, apps: number): void => {
  const p50 = (values: number[] | undefined): number => quantile(values ?? [], 0.5)
  printTable(
    `The same questions over ${number(fewApps)} and ${number(apps)} apps; ${repetitions} of each, one at a time`,
    ['question', 'few p50 ms', 'many p50 ms', 'many p99 ms', 'ratio of the p50', 'target'],
    Object.keys(few).map((name) => {
      const ratio = p50(many[name]) / p50(few[name])
      const target = name === 'cold read by a client' ? say(atMost(ratio, 1.2, 'x')) : ''
      return [
        name,
        number(p50(few[name]), 1),
        number(p50(many[name]), 1),
        number(quantile(many[name] ?? [], 0.99), 1),
        number(ratio, 2),
        target,
      ]
    }),
  )
  printTable(
    `A template's release to ${number(extending)} apps; ${readsPerSecond} reads a second of ${number(hotApps)} of them`,
    ['measured', ...fanOuts.map((_, round) => `run ${round + 1}`), 'target'],
    [
      ['reads of the releasing node', ...fanOuts.map(({ read }) => (read === 'another' ? 'no' : 'yes')), ''],
      ['answered, ms', ...fanOuts.map((run) => number(run.answeredMs)), '<= 3,000 ms'],
      ['visible for all that are read, ms', ...fanOuts.map((run) => number(run.visibleMs)), ''],
      [
        'reads p99 before, ms',
        ...fanOuts.map((run) => number(quantile(run.before.latenciesMs, 0.99), 2)),
        '',
      ],
      [
        'reads p99 meanwhile, ms',
        ...fanOuts.map((run) => number(quantile(run.during.latenciesMs, 0.99), 2)),
        '<= 2 x before',
      ],
      [
        'ratio',
        ...fanOuts.map(({ before, during }) =>
          number(quantile(during.latenciesMs, 0.99) / quantile(before.latenciesMs, 0.99), 1),
        ),
        '',
      ],
      ['failed reads', ...fanOuts.map((run) => number(run.before.failures + run.during.failures)), '0'],
      ['transactions a second before', ...fanOuts.map((run) => number(run.queriesPerSecondBefore)), ''],
      ['transactions a second meanwhile', ...fanOuts.map((run) => number(run.queriesPerSecondDuring)), ''],
    ],
  )
}
