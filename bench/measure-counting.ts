import { freshFolder, removeFolder } from '../tests/stores/own-server.ts'
import { documentOf50Keys } from './document.ts'
import { startConfigService, startTwoGateways } from './gateway-contestants.ts'
import { cpuNanoseconds } from './machine.ts'
import { publishNewApp } from './management.ts'
import type { Options } from './options.ts'
import { measurePacking } from './pack-requests.ts'
import { atMost, median, number, printTable, progress, say } from './report.ts'
import { takeShipments } from './shipments.ts'
import { openSliceLoad, requestOf, type SliceLoad } from './slice-load.ts'
import { openStores } from './stores.ts'

/** So many starts of the process: what the compiler makes of one is luck. */
const starts = 5
/** Requests of a slice, and slices of each gateway a round: short, so that what else the machine does falls on both. */
const sliceRequests = 2_000
const slicesOfRound = 24
const warmSlices = 30
/** What else ran made the others slower: they say more of it than of us. */
const shareOfSlices = 0.7
const appsOfMany = 200
const devices = 10_000

interface Kind {
  title: string
  status: 200 | 304
  paths: readonly string[]
}

/** Nanoseconds of CPU a request, of each start. */
interface Measured {
  kind: string
  without: number[]
  counting: number[]
  packing: number[]
}

export interface CountingResult {
  kinds: Measured[]
  shipments: { count: number; bytes: number }
}

const countries = ['DE', 'FR', 'US', 'GB', 'IT', 'ES', 'PL', 'NL', 'SE', 'AT']

/** A query as SDKs send it, of each device another. */
const queryOf = (device: number): string =>
  `platform=${device % 3 === 0 ? 'ios' : 'android'}&appVersion=4.${device % 5}.0&osVersion=${device % 4}&country=${countries[device % 10]}&language=de-DE&bucket=${(device * 7919) % 10_000}`

const kinds = (): Kind[] => {
  const pathsOf = (app: (device: number) => string): string[] =>
    Array.from({ length: devices }, (_, device) => `/v2/api/config/${app(device)}?${queryOf(device)}`)
  const [plain, ofOne] = [['/v1/api/config/bench'], pathsOf(() => 'bench')]
  return [
    { title: '/v1, 200', status: 200, paths: plain },
    { title: '/v1, 304', status: 304, paths: plain },
    { title: '/v2 by 10,000 devices, 200', status: 200, paths: ofOne },
    { title: '/v2 by 10,000 devices, 304', status: 304, paths: ofOne },
    {
      title: `/v2 of ${appsOfMany} apps, 200`,
      status: 200,
      paths: pathsOf((device) => `bench-${device % appsOfMany}`),
    },
  ]
}

/** A gateway with its connections. */
interface Side {
  load: SliceLoad
  requests: readonly Buffer[]
}

const openSide = async (port: number, kind: Kind, connections: number): Promise<Side> => {
  const urls = kind.paths.map((path) => new URL(path, `http://127.0.0.1:${port}`))
  const first = await fetch(`${urls[0]}`, { headers: { 'accept-encoding': 'identity' } })
  await first.arrayBuffer()
  const headers = kind.status === 304 ? { 'If-None-Match': `${first.headers.get('etag')}` } : {}
  return {
    load: await openSliceLoad(port, connections),
    requests: urls.map((url) => requestOf(url, headers)),
  }
}

/** Nanoseconds of CPU a request. What is idle has told all of its CPU. */
const measureSlice = async (pid: number, { load, requests }: Side, status: number): Promise<number> => {
  const before = cpuNanoseconds(pid)
  await load.ask(requests, sliceRequests, status)
  return (cpuNanoseconds(pid) - before) / sliceRequests
}

const meanOfFaster = (slices: readonly number[]): number => {
  const faster = slices.toSorted((a, b) => a - b).slice(0, Math.ceil(slices.length * shareOfSlices))
  return faster.reduce((sum, slice) => sum + slice, 0) / faster.length
}

/** One slice after the other, the one that goes first in turn. */
const measureAnswering = async (
  pid: number,
  sides: readonly [Side, Side],
  { status }: Kind,
  rounds: number,
): Promise<[without: number, counting: number]> => {
  for (let slice = 0; slice < warmSlices; slice += 1)
    for (const side of sides) await measureSlice(pid, side, status)
  const took: [number[], number[]] = [[], []]
  for (let pair = 0; pair < rounds * slicesOfRound; pair += 1)
    for (const which of pair % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const))
      took[which].push(await measureSlice(pid, sides[which], status))
  return [meanOfFaster(took[0]), meanOfFaster(took[1])]
}

/** What counting costs a gateway: CPU a request of one that does and one that does not, in the same process. */
export const measureCounting = async (options: Options): Promise<CountingResult> => {
  const folder = freshFolder('bench')
  const stores = await openStores()
  const shipments = await takeShipments()
  const config = await startConfigService(folder, stores)
  const all = kinds()
  const measured = all.map(({ title }): Measured => ({ kind: title, without: [], counting: [], packing: [] }))
  try {
    for (let app = 0; app < appsOfMany; app += 1)
      await publishNewApp(config, `bench-${app}`, documentOf50Keys())
    for (let start = 1; start <= starts; start += 1) {
      const both = await startTwoGateways(folder, config, stores, { PARASOL_ANALYTICS_URL: shipments.url })
      for (const [at, kind] of all.entries()) {
        progress(`counting: start ${start} of ${starts}, ${kind.title}`)
        const without = await openSide(both.ports.without, kind, options.connections)
        const counting = await openSide(both.ports.counting, kind, options.connections)
        const took = await measureAnswering(both.pid, [without, counting], kind, options.rounds)
        measured[at]?.without.push(took[0])
        measured[at]?.counting.push(took[1])
        measured[at]?.packing.push(await measurePacking(kind.paths, kind.status))
        for (const { load } of [without, counting]) load.close()
      }
      await both.stop()
    }
  } finally {
    await config.stop()
    shipments.close()
    await stores.close()
    removeFolder(folder)
  }
  const result = { kinds: measured, shipments: { count: shipments.count(), bytes: shipments.bytes() } }
  print(result, options.rounds)
  return result
}

const percent = (share: number): string => `${number(share * 100, 1)} %`

const print = ({ kinds, shipments }: CountingResult, rounds: number): void =>
  printTable(
    `What counting costs a gateway on Node in CPU a request: medians of ${starts} starts of ${number(rounds * slicesOfRound)} slices of ${number(sliceRequests)} requests each; ${number(shipments.count)} shipments of ${number(shipments.bytes / Math.max(1, shipments.count))} bytes`,
    ['requests', 'us without', 'answering', 'of the starts', 'packing', 'together', 'target'],
    kinds.map(({ kind, without, counting, packing }) => {
      const answering = counting.map((ns, start) => ns / (without[start] ?? Number.NaN))
      const packed = median(packing) / median(without)
      const together = median(answering) + packed
      return [
        ...[kind, number(median(without) / 1_000, 1), percent(median(answering) - 1)],
        `${percent(Math.min(...answering) - 1)} .. ${percent(Math.max(...answering) - 1)}`,
        ...[percent(packed), percent(together - 1), say(atMost(together, 1.03, 'x'))],
      ]
    }),
  )
