import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { freshFolder, removeFolder } from '../tests/stores/own-server.ts'
import { documentOf50Keys } from './document.ts'
import { tellLive, withReports } from './live-memory.ts'
import { loadCore, residentBytes, serverCore } from './machine.ts'
import { publishNewApp, release, saveVersion } from './management.ts'
import type { Options } from './options.ts'
import { launch, type OwnProcess } from './own-process.ts'
import { type Parasol, type Runtime, startParasol } from './parasol.ts'
import { atMost, mebibytes, number, printTable, progress, quantile, say } from './report.ts'
import { openStores } from './stores.ts'

interface Told {
  id: string
  told: number
  gone: number
  first: number
  p50: number
  p99: number
  last: number
}

interface LiveResult {
  shape: string
  readers: number
  connectMs: number
  /** Resident bytes of the process that the readers are connected to; the last two after a garbage collection. */
  before: number
  connected: number
  published: number
  collectedBefore: number
  collectedAfter: number
  /** From the sending of each publish, in ms. */
  answered: number[]
  first: number[]
  p50: number[]
  last: number[]
  missed: number
}

interface Running {
  shape: string
  /** Where the readers connect. */
  front: Parasol
  /** Where publishes go. */
  publisher: Parasol
  processes: Parasol[]
  /** Open files that a reader takes of the front. */
  filesEach: number
}

const appId = 'bench'
const path = `/v2/api/config/${appId}/stream`
const warmUps = 3
/** Beside its readers a process has stores, files and other connections open. */
const otherFiles = 300

const now = (): number => Number(process.hrtime.bigint()) / 1e6
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const openFilesMost = (): number => {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit)
}

/** The n-th line that the readers have told, once it is there. */
const lineOf = async (readers: OwnProcess, n: number): Promise<Record<string, number>> => {
  for (;;) {
    const lines = readers.output().split('\n').slice(0, -1)
    const line = lines[n]
    if (line?.startsWith('{')) return JSON.parse(line)
    if (line !== undefined || readers.hasEnded()) throw new Error(`the readers failed:\n${readers.output()}`)
    await pause(20)
  }
}

const publishOnce = async (readers: OwnProcess, publisher: Parasol, n: number) => {
  const version = await saveVersion(publisher, appId, { ...documentOf50Keys(), round: n })
  // What the server owes its readers of the publish before is long done.
  await pause(500 + Math.random() * 100)
  const sentAt = now()
  await release(publisher, appId, version)
  const answeredAt = now()
  const told = (await lineOf(readers, n + 1)) as unknown as Told
  return { sentAt, answeredAt, told }
}

const measure = async (running: Running, options: Options): Promise<LiveResult> => {
  const { shape, front, publisher, filesEach } = running
  const most = Math.floor((openFilesMost() - otherFiles) / filesEach)
  const count = Math.min(options.subscribers, most)
  if (count < options.subscribers) progress(`live: the limit of open files leaves ${number(count)} readers`)
  await publishNewApp(publisher, appId, documentOf50Keys())
  const collectedBefore = (await tellLive(front)).rss
  const before = residentBytes(front.pid)
  progress(`live: ${number(count)} readers on ${shape}`)
  const script = join(import.meta.dirname, 'live-readers.ts')
  const args = [script, String(front.port), path, String(count)]
  const readers = launch({ command: process.execPath, args, core: loadCore })
  try {
    const { ms: connectMs = Number.NaN } = await lineOf(readers, 0)
    await pause(2_000)
    const connected = residentBytes(front.pid)
    const result: LiveResult = {
      ...{ shape, readers: count, connectMs, before, connected, published: 0 },
      ...{ collectedBefore, collectedAfter: 0, answered: [], first: [], p50: [], last: [], missed: 0 },
    }
    for (let n = 0; n < options.livePublishes + warmUps; n += 1) {
      const { sentAt, answeredAt, told } = await publishOnce(readers, publisher, n)
      result.missed += count - told.told
      if (n < warmUps) continue
      result.answered.push(answeredAt - sentAt)
      for (const at of ['first', 'p50', 'last'] as const) result[at].push(told[at] - sentAt)
    }
    result.published = residentBytes(front.pid)
    result.collectedAfter = (await tellLive(front)).rss
    return result
  } finally {
    await readers.stop()
  }
}

const startOne = async (runtime: Runtime, folder: string, env: Record<string, string>): Promise<Running> => {
  const one = await startParasol({ runtime, dataDir: join(folder, runtime), core: serverCore, env })
  return {
    shape: `one process on ${runtime}`,
    front: one,
    publisher: one,
    processes: [one],
    filesEach: 1,
  }
}

/** The gateway has core 0 for itself; the services behind it share the other one with the readers. */
const startApart = async (folder: string, env: Record<string, string>): Promise<Running> => {
  const service = (name: string, more: Record<string, string>, core: number) =>
    startParasol({
      runtime: 'node',
      dataDir: join(folder, name),
      core,
      env: { ...env, PARASOL_SERVICES: name, ...more },
    })
  const config = await service('config', {}, loadCore)
  const analytics = await service('analytics', {}, loadCore)
  const behind = { PARASOL_CONFIG_URL: config.url, PARASOL_ANALYTICS_URL: analytics.url }
  const gateway = await service('gateway', behind, serverCore)
  return {
    shape: 'a gateway apart, on node',
    front: gateway,
    publisher: config,
    processes: [gateway, analytics, config],
    filesEach: 2,
  }
}

/** What each of twenty thousand readers costs, and how long after a publish the last of them is told. */
export const measureLive = async (options: Options): Promise<LiveResult[]> => {
  const starts = [
    (folder: string, env: Record<string, string>) => startOne('node', folder, env),
    (folder: string, env: Record<string, string>) => startOne('bun', folder, env),
    startApart,
  ]
  const results: LiveResult[] = []
  for (const start of starts) {
    const stores = await openStores()
    const folder = freshFolder('bench')
    const running = await start(folder, withReports(stores.env))
    try {
      results.push(await measure(running, options))
    } finally {
      for (const one of running.processes) await one.stop()
      await stores.close()
      removeFolder(folder)
    }
  }
  print(results)
  return results
}

const print = (results: readonly LiveResult[]): void => {
  printTable(
    'Resident memory of a process with readers of a stream',
    ['shape', 'readers', 'connects/s', 'MiB before', 'with them', 'bytes each', 'collected', 'target'],
    results.map((row) => {
      const each = Math.max(row.connected, row.published) - row.before
      const bytes = each / row.readers
      return [
        row.shape,
        number(row.readers),
        number(row.readers / (row.connectMs / 1_000)),
        mebibytes(row.before),
        mebibytes(row.before + each),
        number(bytes),
        number((row.collectedAfter - row.collectedBefore) / row.readers),
        say(atMost(bytes, 12 * 1_024, 'bytes')),
      ]
    }),
  )
  printTable(
    `From the sending of a publish, in ms; ${results[0]?.first.length} publishes`,
    ['shape', 'answered p50', 'first p50', 'half p50', 'last p50', 'last p99', 'missed', 'target'],
    results.map((row) => [
      row.shape,
      ...[row.answered, row.first, row.p50, row.last].map((values) => number(quantile(values, 0.5), 1)),
      number(quantile(row.last, 0.99), 1),
      number(row.missed),
      say(atMost(quantile(row.last, 0.99), 500, 'ms')),
    ]),
  )
}
