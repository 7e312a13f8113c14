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

/** Starts the program on the core of servers, with the app. */
const startServer = async (folder: string, env: Record<string, string>): Promise<Parasol> => {
  const parasol = await startParasol({ runtime: 'node', core: serverCore, dataDir: folder, env })
  await prepare(parasol)
  return parasol
}

const measureBoth = async (
  stores: Stores,
  { overPostgres, embedded }: { overPostgres: Parasol; embedded: Parasol },
  { eventRounds, eventSeconds }: Options,
): Promise<EventsResult> => {
  await makeCopied(stores)
  // The code warms up.
  await load(overPostgres, 3)
  const rounds: Round[] = []
  for (let round = 1; round <= eventRounds; round += 1) {
    const copyPerSecond = await copyRows(stores)
    const postgres = await load(overPostgres, eventSeconds)
    rounds.push({ copyPerSecond, postgres })
    progress(
      `events: round ${round} of ${eventRounds}: ${number(postgres.perSecond)}/s beside COPY of ${number(copyPerSecond)}/s`,
    )
  }
  const slowest = Math.min(...rounds.map(({ postgres }) => postgres.perSecond))
  const paced = await load(overPostgres, eventSeconds, slowest / 3 / batch)
  await load(embedded, 3)
  return {
    ...{ rounds, paced },
    embedded: [await load(embedded, eventSeconds), await load(embedded, eventSeconds)],
  }
}

/** Events stored durably: on PostgreSQL in turn with COPY of the same rows, and in the embedded database. */
export const measureEvents = async (options: Options): Promise<EventsResult> => {
  // The stores share the core of the load; the server that is measured has one for itself.
  moveTo(loadCore, process.pid)
  const stores = await openStores({ waitsForDisk: true })
  const folder = freshFolder('bench')
  const running: Parasol[] = []
  const start = async (name: string, env: Record<string, string>): Promise<Parasol> => {
    const parasol = await startServer(join(folder, name), env)
    running.push(parasol)
    return parasol
  }
  try {
    const servers = {
      embedded: await start('embedded', {}),
      overPostgres: await start('postgres', stores.env),
    }
    // What is started after this would not wait either.
    progress(`events: the load ${neverWait() ? 'never waits for a core' : 'may wait for its core'}`)
    const result = await measureBoth(stores, servers, options)
    print(result)
    return result
  } finally {
    for (const parasol of running) await parasol.stop()
    await stores.close()
    removeFolder(folder)
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
