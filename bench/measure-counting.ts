import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { freshFolder, removeFolder } from '../tests/stores/own-server.ts'
import type { Contestant } from './contestants.ts'
import { documentOf50Keys } from './document.ts'
import { startConfigService, startGatewayProcess } from './gateway-contestants.ts'
import { cpuNanoseconds } from './machine.ts'
import { publishNewApp } from './management.ts'
import type { Options } from './options.ts'
import type { Parasol } from './parasol.ts'
import { atMost, median, number, printTable, progress, quantile, say } from './report.ts'
import { openSliceLoad, requestOf, type SliceLoad } from './slice-load.ts'
import { openStores, type Stores } from './stores.ts'

/** So many starts of both gateways: what the compiler makes of one start is luck. */
const starts = 4
/** Requests of a slice, and slices of each gateway a round: short, so that what else the machine does falls on both. */
const sliceRequests = 2_000
const slicesOfRound = 10
const warmSlices = 15
const appsOfMany = 200
const devices = 10_000

interface Kind {
  title: string
  status: 200 | 304
  paths: readonly string[]
}

interface Pairs {
  kind: string
  /** CPU a request with counting, of that without, in slices one after the other. */
  ratios: number[]
  /** Nanoseconds of CPU a request without counting. */
  without: number[]
  /** Nanoseconds a request that the gateway with counting took between its slices beyond what the other one took. */
  between: number[]
}

export interface CountingResult {
  kinds: Pairs[]
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

/** Takes shipments, and answers as the analytics service does. */
const startInbox = async () => {
  const shipments = { count: 0, bytes: 0 }
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      shipments.bytes += chunk.length
    })
    request.on('end', () => {
      if (request.method === 'POST') shipments.count += 1
      response.writeHead(request.method === 'POST' ? 204 : 200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { shipments, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

/** A gateway with its connections, and what it has taken. */
interface Side {
  gateway: Contestant
  load: SliceLoad
  requests: readonly Buffer[]
  sliceNs: number
}

const openSide = async (gateway: Contestant, kind: Kind, connections: number): Promise<Side> => {
  const { origin, port } = new URL(gateway.url(''))
  const urls = kind.paths.map((path) => new URL(path, origin))
  const etag = (await fetch(urls[0] ?? origin, { headers: { 'accept-encoding': 'identity' } })).headers.get(
    'etag',
  )
  const headers = kind.status === 304 ? { 'If-None-Match': `${etag}` } : {}
  const load = await openSliceLoad(Number(port), connections)
  return { gateway, load, requests: urls.map((url) => requestOf(url, headers)), sliceNs: 0 }
}

/** Nanoseconds of CPU a request. What is idle has told all of its CPU. */
const measureSlice = async (side: Side, { status }: Kind): Promise<number> => {
  const before = cpuNanoseconds(side.gateway.pid)
  await side.load.ask(side.requests, sliceRequests, status)
  const took = cpuNanoseconds(side.gateway.pid) - before
  side.sliceNs += took
  return took / sliceRequests
}

const measurePairs = async (
  [off, on]: readonly [Side, Side],
  kind: Kind,
  rounds: number,
  into: Pairs,
): Promise<void> => {
  for (let slice = 0; slice < warmSlices; slice += 1)
    for (const side of [off, on]) await measureSlice(side, kind)
  const begin = [off, on].map((side) => cpuNanoseconds(side.gateway.pid) - side.sliceNs)
  for (let pair = 0; pair < rounds * slicesOfRound; pair += 1) {
    const order = pair % 2 === 0 ? [off, on] : [on, off]
    const took = new Map<Side, number>()
    for (const side of order) took.set(side, await measureSlice(side, kind))
    const without = took.get(off) ?? Number.NaN
    into.ratios.push((took.get(on) ?? Number.NaN) / without)
    into.without.push(without)
  }
  const [ofOff = 0, ofOn = 0] = [off, on].map(
    (side, at) => cpuNanoseconds(side.gateway.pid) - side.sliceNs - (begin[at] ?? 0),
  )
  into.between.push((ofOn - ofOff) / (rounds * slicesOfRound * sliceRequests))
}

const startBoth = async (
  folder: string,
  config: Parasol,
  stores: Stores,
  analyticsUrl: string,
): Promise<[Contestant, Contestant]> => {
  const start = (counting: 'off' | 'on'): Promise<Contestant> =>
    startGatewayProcess('node', join(folder, counting), config, stores, {
      PARASOL_ANALYTICS: counting,
      PARASOL_ANALYTICS_URL: analyticsUrl,
    })
  return [await start('off'), await start('on')]
}

/** What counting costs a gateway: CPU a request with it and without, in pairs of short slices. */
export const measureCounting = async (options: Options): Promise<CountingResult> => {
  const folder = freshFolder('bench')
  const stores = await openStores()
  const inbox = await startInbox()
  const config = await startConfigService(folder, stores)
  const all = kinds()
  const result: CountingResult = {
    kinds: all.map(({ title }) => ({ kind: title, ratios: [], without: [], between: [] })),
    shipments: inbox.shipments,
  }
  try {
    for (let app = 0; app < appsOfMany; app += 1)
      await publishNewApp(config, `bench-${app}`, documentOf50Keys())
    for (let start = 1; start <= starts; start += 1) {
      const both = await startBoth(folder, config, stores, inbox.url)
      for (const [at, kind] of all.entries()) {
        progress(`counting: start ${start} of ${starts}, ${kind.title}`)
        const sides = [
          await openSide(both[0], kind, options.connections),
          await openSide(both[1], kind, options.connections),
        ] as const
        await measurePairs(sides, kind, options.rounds, result.kinds[at] as Pairs)
        for (const { load } of sides) load.close()
      }
      for (const gateway of both) await gateway.stop()
    }
  } finally {
    await config.stop()
    inbox.close()
    await stores.close()
    removeFolder(folder)
  }
  print(result)
  return result
}

const percent = (share: number): string => `${number(share * 100, 1)} %`

const print = ({ kinds, shipments }: CountingResult): void =>
  printTable(
    `What counting costs a gateway on Node in CPU a request: medians of ${number(kinds[0]?.ratios.length ?? 0)} pairs of ${number(sliceRequests)} requests over ${starts} starts; ${number(shipments.count)} shipments of ${number(shipments.bytes / Math.max(1, shipments.count))} bytes`,
    ['requests', 'us without', 'answering', 'half of the pairs', 'shipping', 'together', 'target'],
    kinds.map(({ kind, ratios, without, between }) => {
      const shipping = median(between) / median(without)
      const together = median(ratios) + shipping
      return [
        ...[kind, number(median(without) / 1_000, 1), percent(median(ratios) - 1)],
        `${percent(quantile(ratios, 0.25) - 1)} .. ${percent(quantile(ratios, 0.75) - 1)}`,
        ...[percent(shipping), percent(together - 1), say(atMost(together, 1.03, 'x'))],
      ]
    }),
  )
