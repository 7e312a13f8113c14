import { setTimeout } from 'node:timers/promises'
import { freshFolder, removeFolder } from '../tests/stores/own-server.ts'
import { connectReader } from './connect-reader.ts'
import type { Contestant } from './contestants.ts'
import { freshDatabase } from './fresh-database.ts'
import {
  path,
  startConfigService,
  startGatewayProcess,
  startNginxCache,
  startVarnish,
  startWhole,
} from './gateway-contestants.ts'
import { residentBytes } from './machine.ts'
import { columns, type HttpResult, type Kind, measureKind, toRow } from './measure-http.ts'
import type { Options } from './options.ts'
import type { Parasol } from './parasol.ts'
import {
  atLeast,
  atMost,
  mebibytes,
  number,
  printTable,
  progress,
  quantile,
  say,
  type Verdict,
} from './report.ts'
import { openStores } from './stores.ts'
import { startUnleash } from './unleash.ts'
import { type LoadResult, loadWithWrk } from './wrk.ts'

const kinds: readonly Kind[] = [
  { title: '200', status: 200, coding: '' },
  { title: '304', status: 304, coding: '' },
]

/** Shares of nginx's requests a second. */
const targets: Record<string, Record<string, number>> = {
  'gateway on Node': { 200: 0.75, 304: 0.5 },
  'gateway on Bun': { 200: 1.1, 304: 0.65 },
}
/** By then it has given back what only its start needed. */
const restMs = 5_000
const restBytesMost = 120 * 2 ** 20

interface Paced {
  contestant: string
  perSecond: number
  p50Ms: number
  p99Ms: number
  failures: number
}

export interface GatewayResult {
  http: HttpResult[]
  paced: Paced[]
  /** Milliseconds of reads that nothing has stored, one after the other: by a gateway, and of the service itself. */
  misses: { contestant: string; p50Ms: number; p99Ms: number }[]
  restBytes: number
}

/** So long a connection pauses; as many ask as the rate takes. */
const pauseMs = 4

/** What the slowest of them can do is halved, and all are asked for that. */
const measurePaced = async (
  contestants: readonly Contestant[],
  http: readonly HttpResult[],
  { seconds, rounds }: Options,
): Promise<Paced[]> => {
  const rates = contestants.map(
    ({ name }) => http.find(({ contestant, kind }) => contestant === name && kind === '200')?.perSecond ?? 0,
  )
  const connections = Math.max(1, Math.floor(((Math.min(...rates) / 2) * pauseMs) / 1_000))
  const loads = new Map<string, LoadResult[]>()
  for (let round = 1; round <= rounds; round += 1) {
    progress(`gateway: half of what the slowest can do, round ${round} of ${rounds}`)
    for (const { name, url } of contestants) {
      const load = await loadWithWrk({ url: url(''), headers: {}, seconds, connections, pauseMs })
      loads.set(name, [...(loads.get(name) ?? []), load])
    }
  }
  return [...loads].map(([contestant, all]) => ({
    contestant,
    perSecond: quantile(
      all.map((one) => one.perSecond),
      0.5,
    ),
    p50Ms: quantile(
      all.map((one) => one.p50Ms),
      0.5,
    ),
    p99Ms: quantile(
      all.map((one) => one.p99Ms),
      0.5,
    ),
    failures: all.reduce((sum, one) => sum + one.failures, 0),
  }))
}

/** Each with a query of its own, which nothing has stored. */
const measureMisses = async (
  places: readonly { name: string; url: string }[],
): Promise<GatewayResult['misses']> => {
  const readers = places.map(({ name, url }) => ({ name, ms: [] as number[], reader: connectReader(url, 1) }))
  for (let turn = 0; turn < 3_000; turn += 1) {
    for (const { ms, reader } of readers) {
      const startedAt = performance.now()
      await reader.get(`${path}?turn=${turn}`)
      if (turn >= 500) ms.push(performance.now() - startedAt)
    }
  }
  for (const { reader } of readers) reader.close()
  return readers.map(({ name, ms }) => ({
    contestant: name,
    p50Ms: quantile(ms, 0.5),
    p99Ms: quantile(ms, 0.99),
  }))
}

/** The whole way of a read through the gateway, with limits and metrics, beside nginx and Varnish that do the same, and Unleash. */
export const measureGateway = async (options: Options): Promise<GatewayResult> => {
  const folder = freshFolder('bench')
  const stores = await openStores()
  const unleashDatabase = await freshDatabase(stores.databaseUrl)
  progress('gateway: starting the contestants')
  const config = await startConfigService(folder, stores)
  const contestants: Contestant[] = []
  const begin = async (one: Promise<Contestant>): Promise<Contestant> => {
    const contestant = await one
    contestants.push(contestant)
    return contestant
  }
  try {
    // Node keeps what it compiled for the next start, so the first one is not what runs from day to day.
    await (await startGatewayProcess('node', folder, config, stores)).stop()
    const node = await begin(startGatewayProcess('node', folder, config, stores))
    await setTimeout(restMs)
    const restBytes = residentBytes(node.pid)
    const bun = await begin(startGatewayProcess('bun', folder, config, stores))
    const nginx = await begin(startNginxCache(folder, config))
    await begin(startVarnish(folder, config))
    await begin(startWhole('node', folder))
    await begin(startWhole('bun', folder))
    await begin(startUnleash(unleashDatabase.url))
    const http: HttpResult[] = []
    for (const kind of kinds) {
      const able = kind.status === 304 ? contestants.filter(({ name }) => name !== 'Unleash') : contestants
      http.push(...(await measureKind(able, kind, { ...options, baseline: 'nginx' })))
    }
    const paced = await measurePaced([node, bun, nginx], http, options)
    const misses = await measureMisses([
      { name: 'the service itself', url: config.url },
      ...[node, bun, nginx].map(({ name, url }) => ({ name, url: new URL(url('')).origin })),
    ])
    const result = { http, paced, misses, restBytes }
    print(result, options, config)
    return result
  } finally {
    for (const contestant of contestants) await contestant.stop()
    await config.stop()
    await unleashDatabase.close()
    await stores.close()
    removeFolder(folder)
  }
}

const verdictOf = ({ kind, contestant, ofNginx }: HttpResult): Verdict | undefined => {
  const target = targets[contestant]?.[kind]
  return target === undefined ? undefined : atLeast(ofNginx, target, 'x')
}

const print = (
  { http, paced, misses, restBytes }: GatewayResult,
  options: Options,
  config: Parasol,
): void => {
  printTable(
    `One document of 50 keys through the whole gateway; medians of ${options.rounds} interleaved rounds of ${options.seconds} s, ${options.connections} connections`,
    ['answer   contestant', ...columns.slice(2)],
    http.map((result) => toRow(result, verdictOf(result))),
  )
  const of = (name: string): number =>
    http.find(({ contestant, kind }) => contestant === name && kind === '200')?.perSecond ?? Number.NaN
  const times = of('gateway on Node') / of('Unleash')
  printTable(
    'Beside Unleash',
    ['', 'times as many', 'target'],
    [['gateway on Node', number(times, 1), say(atLeast(times, 15, 'x'))]],
  )
  const nginx = paced.find(({ contestant }) => contestant === 'nginx')?.p99Ms ?? Number.NaN
  printTable(
    'At half of what the slowest can do',
    ['contestant', 'requests/s', 'p50 ms', 'p99 ms', 'failures', 'target of the p99'],
    paced.map(({ contestant, perSecond, p50Ms, p99Ms, failures }) => [
      ...[contestant, number(perSecond), number(p50Ms, 2), number(p99Ms, 2), number(failures)],
      contestant === 'nginx' ? '' : say(atMost(p99Ms, 2 * nginx, 'ms')),
    ]),
  )
  const direct = misses[0]?.p50Ms ?? Number.NaN
  printTable(
    `Reads that nothing has stored, one after the other (${config.url})`,
    ['contestant', 'p50 ms', 'p99 ms', 'added ms', 'target'],
    misses.map(({ contestant, p50Ms, p99Ms }, at) => [
      ...[contestant, number(p50Ms, 3), number(p99Ms, 3), number(p50Ms - direct, 3)],
      at === 0 ? '' : say(atMost(p50Ms - direct, 0.5, 'ms')),
    ]),
  )
  printTable(
    'Memory of a gateway on Node at rest, not started for the first time',
    ['', 'MiB', 'target'],
    [['', mebibytes(restBytes), say(atMost(restBytes / 2 ** 20, restBytesMost / 2 ** 20, 'MiB'))]],
  )
}
