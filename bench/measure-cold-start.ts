import { join } from 'node:path'
import { freshFolder, removeFolder } from '../tests/stores/own-server.ts'
import { documentOf50Keys } from './document.ts'
import { exchange } from './exchange.ts'
import { cpuSeconds } from './machine.ts'
import { publishNewApp } from './management.ts'
import type { Options } from './options.ts'
import { launchParasol, type Runtime, startParasol } from './parasol.ts'
import { atMost, median, number, printTable, progress, say } from './report.ts'
import { openStores, type Stores } from './stores.ts'

export interface ColdStartResult {
  stores: string
  runtime: Runtime
  medianMs: number
  worstMs: number
  /** CPU time until then: what is left of the figure on a machine that others keep busy. */
  cpuMs: number
  all: Start[]
}

interface Start {
  ms: number
  cpuMs: number
}

const path = '/v1/api/config/bench'
const pollMs = 2

/** Milliseconds from the start of the process to its first 200. */
const startOnce = async (runtime: Runtime, dataDir: string, env: Record<string, string>): Promise<Start> => {
  const startedAt = performance.now()
  const parasol = await launchParasol({ runtime, dataDir, env })
  try {
    for (;;) {
      const answer = await exchange(parasol.url + path).catch(() => undefined)
      const ms = performance.now() - startedAt
      if (answer?.status === 200) return { ms, cpuMs: cpuSeconds(parasol.pid) * 1_000 }
      if (ms > 60_000) throw new Error(`no answer after a minute:\n${parasol.output().slice(-2_000)}`)
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  } finally {
    await parasol.stop()
  }
}

const measureRuntime = async (
  runtime: Runtime,
  stores: Stores | undefined,
  starts: number,
): Promise<ColdStartResult> => {
  const where = stores ? 'PostgreSQL + Redis' : 'embedded'
  const folder = freshFolder('bench')
  const dataDir = join(folder, 'data')
  const env = stores?.env ?? {}
  progress(`cold: ${where} on ${runtime}: making the data`)
  const first = await startParasol({ runtime, dataDir, env: { ...env, PARASOL_EXAMPLES: 'on' } })
  await publishNewApp(first, 'bench', documentOf50Keys())
  await first.stop()
  progress(`cold: ${where} on ${runtime}: ${starts} starts`)
  const all: Start[] = []
  for (let at = 0; at < starts; at += 1) all.push(await startOnce(runtime, dataDir, env))
  removeFolder(folder)
  const times = all.map(({ ms }) => ms)
  const cpuMs = median(all.map((start) => start.cpuMs))
  return { stores: where, runtime, medianMs: median(times), worstMs: Math.max(...times), cpuMs, all }
}

/** From the start of the process to its first answer, with data present; on no core of its own. */
export const measureColdStart = async ({ starts }: Options): Promise<ColdStartResult[]> => {
  const results: ColdStartResult[] = []
  for (const runtime of ['node', 'bun'] as const) {
    results.push(await measureRuntime(runtime, undefined, starts))
    const stores = await openStores()
    try {
      results.push(await measureRuntime(runtime, stores, starts))
    } finally {
      await stores.close()
    }
  }
  printTable(
    `Cold start, from the start of the process to its first 200; ${starts} starts, data present`,
    ['stores', 'runtime', 'median ms', 'worst ms', 'CPU ms', 'target of the median'],
    results.map((result) => [
      result.stores,
      result.runtime,
      number(result.medianMs),
      number(result.worstMs),
      number(result.cpuMs),
      say(atMost(result.medianMs, 1_000, 'ms')),
    ]),
  )
  return results
}
