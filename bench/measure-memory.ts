import { join } from 'node:path'
import { freshFolder, removeFolder } from '../tests/stores/own-server.ts'
import { type Live, readAtRandom, type Sample, tellLive, withReports } from './live-memory.ts'
import type { Options } from './options.ts'
import { type Runtime, startParasol } from './parasol.ts'
import { mebibytes, number, printTable, progress } from './report.ts'
import { seedApps } from './seed-apps.ts'
import { openStores, type Stores } from './stores.ts'

interface HotResult {
  runtime: Runtime
  apps: number
  hot: number
  before: Live
  after: Live
}

interface BoundResult {
  runtime: Runtime
  apps: number
  boundBytes: number
  reads: number
  before: Live
  /** After half of the time, when the cache is full and all code is warm. */
  middle: Live
  after: Live
  samples: Sample[]
  bounded: boolean
}

export interface MemoryResult {
  hot: HotResult[]
  bound: BoundResult[]
}

const hotApps = 1_000
const distinctApps = 10_000
const boundBytes = 8 * 2 ** 20
const runtimes = ['node', 'bun'] as const

/** The hot apps twenty times each, with the default bound. */
const measureHot = async (
  runtime: Runtime,
  stores: Stores,
  dataDir: string,
  apps: number,
): Promise<HotResult> => {
  progress(`memory: ${number(hotApps)} hot apps of ${number(apps)} on ${runtime}`)
  const parasol = await startParasol({ runtime, dataDir, env: withReports(stores.env) })
  try {
    const before = await tellLive(parasol)
    await readAtRandom(parasol, { apps: Math.min(hotApps, apps), reads: hotApps * 20 })
    return { runtime, apps, hot: hotApps, before, after: await tellLive(parasol) }
  } finally {
    await parasol.stop()
  }
}

/** Full caches stay as they are; and besides the bound a node may need as much again for what serves so many readers. */
const isBounded = (before: Live, middle: Live, after: Live): boolean =>
  after.live - middle.live <= boundBytes / 4 && after.live - before.live <= 2 * boundBytes

/** Ten times as many apps as fit into the bound, at random: nearly every read goes to Redis or PostgreSQL. */
const measureBound = async (
  runtime: Runtime,
  stores: Stores,
  dataDir: string,
  options: Options,
): Promise<BoundResult> => {
  const apps = Math.min(distinctApps, options.apps)
  progress(`memory: ${number(apps)} apps at random through ${mebibytes(boundBytes)} MiB on ${runtime}`)
  const env = withReports({ ...stores.env, PARASOL_CACHE_BYTES: String(boundBytes) })
  const parasol = await startParasol({ runtime, dataDir, env })
  try {
    const before = await tellLive(parasol)
    const half = { apps, seconds: options.readSeconds / 2 }
    const first = await readAtRandom(parasol, half)
    const middle = await tellLive(parasol)
    const second = await readAtRandom(parasol, half)
    const after = await tellLive(parasol)
    const samples = [...first.samples, ...second.samples]
    const reads = first.reads + second.reads
    return {
      runtime,
      apps,
      boundBytes,
      reads,
      before,
      middle,
      after,
      samples,
      bounded: isBounded(before, middle, after),
    }
  } finally {
    await parasol.stop()
  }
}

/** What a node takes for apps nobody asks for, for hot ones, and for far more than its cache may hold. */
export const measureMemory = async (options: Options): Promise<MemoryResult> => {
  const stores = await openStores()
  const folder = freshFolder('bench')
  const result: MemoryResult = { hot: [], bound: [] }
  try {
    const first = await startParasol({ runtime: 'node', dataDir: join(folder, 'first'), env: stores.env })
    await first.stop()
    progress(`memory: seeding ${number(options.apps)} apps`)
    await seedApps(stores.databaseUrl, { apps: options.apps })
    for (const runtime of runtimes) {
      result.hot.push(await measureHot(runtime, stores, join(folder, `hot-${runtime}`), options.apps))
    }
    for (const runtime of runtimes) {
      result.bound.push(await measureBound(runtime, stores, join(folder, `bound-${runtime}`), options))
    }
  } finally {
    await stores.close()
    removeFolder(folder)
  }
  print(result)
  return result
}

const inMebibytes = (...all: Live[]): string[] => [
  ...all.map(({ rss }) => mebibytes(rss)),
  ...all.map(({ live }) => mebibytes(live)),
]

const print = ({ hot, bound }: MemoryResult): void => {
  printTable(
    `Memory in MiB with ${number(hot[0]?.apps ?? 0)} apps of 2 KB, of which ${number(hotApps)} are read (live: what is left after a collection)`,
    ['runtime', 'RSS before', 'RSS after', 'live before', 'live after', ''],
    hot.map((row) => [row.runtime, ...inMebibytes(row.before, row.after), '']),
  )
  printTable(
    `Memory in MiB while ${number(bound[0]?.apps ?? 0)} apps are read at random through a cache of ${mebibytes(boundBytes)} MiB`,
    ['runtime', 'RSS before', 'middle', 'after', 'live before', 'middle', 'after', 'reads', 'target'],
    bound.map((row) => [
      row.runtime,
      ...inMebibytes(row.before, row.middle, row.after),
      number(row.reads),
      `no growth past the bound: ${row.bounded ? 'met' : 'not met'}`,
    ]),
  )
  for (const { runtime, samples } of bound) {
    const shown = samples.filter((_, at) => at % Math.max(1, Math.ceil(samples.length / 16)) === 0)
    console.log(
      `RSS on ${runtime} over time: ${shown.map((sample) => mebibytes(sample.residentBytes)).join(' ')}`,
    )
  }
}
