import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { askPostgres } from '../tests/stores/ask.ts'
import { freshFolder, removeFolder } from '../tests/stores/own-server.ts'
import { eventRows } from './event-batch.ts'
import { cpuSeconds, loadCore, moveTo, need, neverWait, serverCore } from './machine.ts'
import { post } from './management.ts'
import type { Options } from './options.ts'
import { type Parasol, startParasol } from './parasol.ts'
import { atLeast, median, number, printTable, progress, quantile, say } from './report.ts'
import { type SentEvents, sendEvents } from './send-events.ts'
import { openStores, type Stores } from './stores.ts'

/** One round of the server under a load. */
interface Taken extends SentEvents {
  perSecond: number
  /** Events for each second of CPU time of the process. */
  perCpuSecond: number
  /** How much of its core the process got. */
  core: number
}

interface Round {
  copyPerSecond: number
  postgres: Taken
}

export interface EventsResult {
  rounds: Round[]
  /** A third of what the slowest round did, sent evenly. */
  paced: Taken
  embedded: Taken[]
}

const appId = 'bench'
const batch = 100
const connections = 32
const rowsCopied = 100_000
const target = 30_000

/** Makes the app, and lets it send more than the usual number a day. */
const prepare = async (parasol: Parasol): Promise<void> => {
  await post(parasol, '/apps', { appId, name: appId })
  await fetch(`${parasol.url}/manage/v1/analytics/apps/${appId}/event-limits`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${parasol.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ eventsPerDay: 1_000_000_000 }),
  })
}

const load = async (parasol: Parasol, seconds: number, perSecond?: number): Promise<Taken> => {
  const cpuBefore = cpuSeconds(parasol.pid)
  const paced = perSecond === undefined ? {} : { perSecond }
  const sent = await sendEvents({ url: parasol.url, appId, batch, connections, seconds, ...paced })
  const cpu = cpuSeconds(parasol.pid) - cpuBefore
  return {
    ...sent,
    perSecond: sent.accepted / sent.seconds,
    perCpuSecond: sent.accepted / cpu,
    core: cpu / sent.seconds,
  }
}

/** Rows a second of COPY into a table like that of events, in one transaction: the least that storing can take. */
const copyRows = async ({ databaseUrl }: Stores): Promise<number> => {
  const text = eventRows(appId, rowsCopied)
  const psql = spawn(need('psql', 'postgresql-client'), [
    ...['-q', '-v', 'ON_ERROR_STOP=1', '-d', databaseUrl, '-c'],
    '\\copy events_copied from pstdin',
  ])
  const startedAt = performance.now()
  psql.stdin.end(text)
  const [code] = await once(psql, 'close')
  const seconds = (performance.now() - startedAt) / 1_000
  if (code !== 0) throw new Error(`COPY failed: ${psql.stderr.read()}`)
  await askPostgres(databaseUrl, 'truncate events_copied', 60_000)
  return rowsCopied / seconds
}

const makeCopied = async ({ databaseUrl }: Stores): Promise<void> => {
  const day = new Date().toISOString().slice(0, 10)
  const next = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  await askPostgres(
    databaseUrl,
    `create table events_copied (like events including all) partition by range (day);
     create table events_copied_1 partition of events_copied for values from ('${day}') to ('${next}')`,
  )
}

const withServer = async <Result>(
  env: Record<string, string>,
  work: (parasol: Parasol) => Promise<Result>,
): Promise<Result> => {
  const folder = freshFolder('bench')
  const parasol = await startParasol({
    runtime: 'node',
    core: serverCore,
    dataDir: join(folder, 'data'),
    env,
  })
  try {
    await prepare(parasol)
    // The code warms up.
    await load(parasol, 3)
    return await work(parasol)
  } finally {
    await parasol.stop()
    removeFolder(folder)
  }
}

/** Events stored durably: on PostgreSQL in turn with COPY of the same rows, and in the embedded database. */
export const measureEvents = async ({ eventRounds, eventSeconds }: Options): Promise<EventsResult> => {
  // The stores share the core of the load; the server has one for itself.
  moveTo(loadCore, process.pid)
  progress(`events: the load ${neverWait() ? 'never waits for a core' : 'may wait for its core'}`)
  const stores = await openStores({ waitsForDisk: true })
  try {
    const { rounds, paced } = await withServer(stores.env, async (parasol) => {
      await makeCopied(stores)
      const measured: Round[] = []
      for (let round = 0; round < eventRounds; round += 1) {
        const copyPerSecond = await copyRows(stores)
        measured.push({ copyPerSecond, postgres: await load(parasol, eventSeconds) })
        const { perSecond, perCpuSecond } = measured.at(-1)?.postgres ?? { perSecond: 0, perCpuSecond: 0 }
        progress(
          `events: round ${round + 1} of ${eventRounds}: ${number(perSecond)}/s beside COPY ${number(copyPerSecond)}/s, ${number(perCpuSecond)} a CPU second`,
        )
      }
      const slowest = Math.min(...measured.map(({ postgres }) => postgres.perSecond))
      return { rounds: measured, paced: await load(parasol, eventSeconds, slowest / 3 / batch) }
    })
    const embedded = await withServer({}, async (parasol) => [
      await load(parasol, eventSeconds),
      await load(parasol, eventSeconds),
    ])
    const result = { rounds, paced, embedded }
    print(result)
    return result
  } finally {
    await stores.close()
  }
}

const print = ({ rounds, paced, embedded }: EventsResult): void => {
  const row = (name: string, all: readonly Taken[], ratio = '', verdict = ''): string[] => {
    const latencies = all.flatMap(({ latenciesMs }) => latenciesMs)
    return [
      name,
      number(median(all.map(({ perSecond }) => perSecond))),
      ratio,
      number(median(all.map(({ perCpuSecond }) => perCpuSecond))),
      number(100 * median(all.map(({ core }) => core))),
      ...[0.5, 0.99].map((share) => number(quantile(latencies, share), 1)),
      number(all.reduce((sum, { unexpected }) => sum + unexpected, 0)),
      verdict,
    ]
  }
  const copy = median(rounds.map(({ copyPerSecond }) => copyPerSecond))
  const ratio = median(rounds.map(({ postgres, copyPerSecond }) => postgres.perSecond / copyPerSecond))
  const perSecond = median(rounds.map(({ postgres }) => postgres.perSecond))
  printTable(
    `Events stored durably, batches of ${batch} over ${connections} connections`,
    ['contestant', 'events/s', 'x COPY', '/ CPU s', 'core %', 'p50 ms', 'p99 ms', 'unexpected', 'target'],
    [
      ['COPY of the same rows', number(copy), '1.00', '', '', '', '', '', ''],
      row(
        'Parasol, PostgreSQL',
        rounds.map(({ postgres }) => postgres),
        number(ratio, 2),
        say(atLeast(perSecond, target, 'events/s')),
      ),
      row('the same at a third', [paced]),
      row('Parasol, embedded', embedded),
    ],
  )
}
