import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepareRelease } from '../server/src/config/delivery/prepare.ts'
import { ask, rules } from '../server/src/config/delivery/rules.fixture.ts'
import { freshFolder, removeFolder } from '../tests/stores/own-server.ts'
import { connectReader } from './connect-reader.ts'
import { type Live, tellLive, withReports } from './live-memory.ts'
import { cpuSeconds, serverCore } from './machine.ts'
import { publishDocument } from './management.ts'
import type { Options } from './options.ts'
import { type Parasol, type Runtime, startParasol } from './parasol.ts'
import { atLeast, atMost, mebibytes, median, number, printTable, progress, quantile, say } from './report.ts'
import { deviceQueries, targetedDocument } from './targeting-document.ts'
import { loadWithWrk } from './wrk.ts'

const appId = 'bench'
const devices = 10_000

interface Round {
  perSecond: number
  perCpuSecond: number
}

export interface TargetingResult {
  /** Requests a second of /v1 and /v2 in turn, on each runtime. */
  warm: { runtime: Runtime; plain: Round[]; targeted: Round[]; unexpected: number }[]
  /** Milliseconds of one evaluation that nobody asked for before, 200 overrides. */
  firstMs: number[]
  attack: { runtime: Runtime; boundBytes: number; before: Live; middle: Live; after: Live; asked: number }[]
}

/** /v1 and /v2 of one app and one process, the same devices asking both. */
const measureWarm = async (
  runtime: Runtime,
  folder: string,
  options: Options,
): Promise<TargetingResult['warm'][number]> => {
  const parasol = await startParasol({ runtime, dataDir: join(folder, `data-${runtime}`), core: serverCore })
  await publishDocument(parasol, { appId }, targetedDocument(20))
  const pathsOf = (api: string): string => {
    const file = join(folder, `paths-${api}`)
    const paths = deviceQueries(devices).map((query) => `/${api}/api/config/${appId}?${query}`)
    writeFileSync(file, `${paths.join('\n')}\n`)
    return file
  }
  const files = { plain: pathsOf('v1'), targeted: pathsOf('v2') }
  const result: TargetingResult['warm'][number] = { runtime, plain: [], targeted: [], unexpected: 0 }
  const { seconds, connections } = options
  try {
    for (const pathsFile of [files.plain, files.targeted, files.plain, files.targeted]) {
      const load = { url: parasol.url, headers: {}, connections, pathsFile }
      result.unexpected += (await loadWithWrk({ ...load, seconds: 3, countOtherThan: 200 })).unexpected
    }
    for (let round = 1; round <= options.rounds; round += 1) {
      progress(`targeting: round ${round} of ${options.rounds} on ${runtime}`)
      for (const kind of ['plain', 'targeted'] as const) {
        const before = cpuSeconds(parasol.pid)
        const load = await loadWithWrk({
          url: parasol.url,
          headers: {},
          seconds,
          connections,
          pathsFile: files[kind],
        })
        const perCpuSecond = load.requests / (cpuSeconds(parasol.pid) - before)
        result[kind].push({ perSecond: load.perSecond, perCpuSecond })
        result.unexpected += load.unexpected + load.failures
      }
    }
  } finally {
    await parasol.stop()
  }
  return result
}

/** What the first device of a kind waits for, from its query to its answer: in this process, code warm, answers not known. */
const measureFirst = (): number[] => {
  const snapshot = {
    ...{
      sequence: 1,
      state: 'released' as const,
      appId,
      channel: 'stable',
      revision: 1,
      sharesSecond: false,
    },
    ...{ releasedAt: new Date().toISOString(), pollSeconds: null },
    config: {
      ...{
        configVersion: '1.0.0',
        minimumAppVersion: null,
        recommendedAppVersion: null,
        deprecationDate: null,
      },
      ...targetedDocument(200),
    },
  }
  for (const query of deviceQueries(3_000)) ask(prepareRelease(snapshot, rules), query)
  const release = prepareRelease(snapshot, { ...rules, outcomes: { formBytes: 1, queryBytes: 1 } })
  // A version that no device had before: none of the conditions on it is known.
  return deviceQueries(3_000).map((device, at) => {
    const query = device.replace(/appVersion=(\d+\.\d+)\.\d+/, `appVersion=$1.${at + 100}`)
    const startedAt = performance.now()
    ask(release, query)
    return performance.now() - startedAt
  })
}

const boundBytes = 32 * 2 ** 20
const random = (): string => Math.random().toString(36).slice(2)

/** Every parameter invented anew for each read: no context comes twice, and each that can be another outcome is. */
const attack = async (parasol: Parasol, seconds: number): Promise<number> => {
  const reader = connectReader(parasol.url, 32)
  const until = performance.now() + seconds * 1_000
  const queries = deviceQueries(devices)
  let asked = 0
  const work = async (): Promise<void> => {
    while (performance.now() < until) {
      const query = queries[Math.floor(Math.random() * devices)]
      const more = `&osVersion=${random()}&keys=setting_${Math.floor(Math.random() * 50)},${random()}&x${random()}=${random().repeat(Math.ceil(Math.random() * 400))}`
      await reader.get(`/v2/api/config/${appId}?${query}${more}`)
      asked += 1
    }
  }
  await Promise.all(Array.from({ length: 32 }, work))
  reader.close()
  return asked
}

/** What is asked for fills a part of the cache, and then nothing grows. */
const isBounded = (before: Live, middle: Live, after: Live): boolean =>
  after.live - before.live <= boundBytes / 2 && after.live - middle.live <= boundBytes / 16

const measureAttack = async (
  runtime: Runtime,
  folder: string,
  { readSeconds }: Options,
): Promise<TargetingResult['attack'][number]> => {
  progress(`targeting: invented contexts for ${readSeconds} s on ${runtime}`)
  const env = withReports({ PARASOL_CACHE_BYTES: String(boundBytes) })
  const parasol = await startParasol({ runtime, dataDir: join(folder, `attack-${runtime}`), env })
  try {
    await publishDocument(parasol, { appId }, targetedDocument(200))
    const before = await tellLive(parasol)
    const first = await attack(parasol, readSeconds / 2)
    const middle = await tellLive(parasol)
    const second = await attack(parasol, readSeconds / 2)
    return { runtime, boundBytes, before, middle, after: await tellLive(parasol), asked: first + second }
  } finally {
    await parasol.stop()
  }
}

/** What targeting costs: warm, for the first of a kind, and in memory whatever is asked. */
export const measureTargeting = async (options: Options): Promise<TargetingResult> => {
  const folder = freshFolder('bench')
  const result: TargetingResult = { warm: [], firstMs: [], attack: [] }
  try {
    result.firstMs = measureFirst()
    for (const runtime of ['node', 'bun'] as const) {
      result.warm.push(await measureWarm(runtime, folder, options))
      result.attack.push(await measureAttack(runtime, folder, options))
    }
  } finally {
    removeFolder(folder)
  }
  print(result, options)
  return result
}

const print = ({ warm, firstMs, attack }: TargetingResult, options: Options): void => {
  printTable(
    `/v2 with 20 overrides over 5 attributes for ${number(devices)} devices, beside /v1 with the same queries; medians of ${options.rounds} rounds`,
    ['runtime', '/v1 per s', '/v2 per s', 'ratio', 'ratio by CPU', 'unexpected', 'target'],
    warm.map(({ runtime, plain, targeted, unexpected }) => {
      const ratio = (of: (round: Round) => number): number =>
        median(targeted.map((round, at) => of(round) / (plain[at] ? of(plain[at]) : Number.NaN)))
      const perSecond = (rounds: Round[]): string => number(median(rounds.map((round) => round.perSecond)))
      const [byTime, byCpu] = [ratio((round) => round.perSecond), ratio((round) => round.perCpuSecond)]
      const figures = [number(byTime, 2), number(byCpu, 2), number(unexpected)]
      return [runtime, perSecond(plain), perSecond(targeted), ...figures, say(atLeast(byTime, 0.9, 'x'))]
    }),
  )
  const p50 = quantile(firstMs, 0.5)
  printTable(
    `A first evaluation with 200 overrides, ${number(firstMs.length)} of them`,
    ['', 'p50 ms', 'p99 ms', 'max ms', 'target of the p50'],
    [['', ...[0.5, 0.99, 1].map((share) => number(quantile(firstMs, share), 3)), say(atMost(p50, 1, 'ms'))]],
  )
  printTable(
    `Memory in MiB while every context is invented, 200 overrides, a cache of ${mebibytes(boundBytes)} MiB (live: after a collection)`,
    ['runtime', 'RSS before', 'middle', 'after', 'live before', 'middle', 'after', 'reads', 'target'],
    attack.map(({ runtime, before, middle, after, asked }) => [
      runtime,
      ...[before, middle, after].map(({ rss }) => mebibytes(rss)),
      ...[before, middle, after].map(({ live }) => mebibytes(live)),
      number(asked),
      say({ target: 'no growth past the bound', met: isBounded(before, middle, after) }),
    ]),
  )
}
