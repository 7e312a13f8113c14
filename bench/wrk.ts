import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { loadCore, need, pinned } from './machine.ts'

export interface Load {
  url: string
  headers: Record<string, string>
  seconds: number
  connections: number
  /** A file of paths, one a line, that are asked for in turn instead of the URL's own. */
  pathsFile?: string
  /** How long each connection pauses on average after an answer; left out: it asks at once. */
  pauseMs?: number
  /** Counts the answers of another status; the figures are then those of a slowed load generator. */
  countOtherThan?: number
}

export interface LoadResult {
  perSecond: number
  requests: number
  bytesPerAnswer: number
  /** Answers of another status than expected (where counted), and failed requests. */
  unexpected: number
  failures: number
  p50Ms: number
  p99Ms: number
}

const script = fileURLToPath(new URL('./wrk.lua', import.meta.url))
const run = promisify(execFile)

/** Loads a server with wrk from one thread on the load's core. */
export const loadWithWrk = async (load: Load): Promise<LoadResult> => {
  const { countOtherThan, connections, pathsFile, pauseMs, seconds } = load
  const headers = Object.entries(load.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const shape = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`]
  const [command, args] = pinned(loadCore, need('wrk', 'wrk'), [...shape, '-s', script, ...headers, load.url])
  const env = {
    ...process.env,
    ...(countOtherThan !== undefined && { EXPECTED: String(countOtherThan) }),
    ...(pauseMs !== undefined && { PAUSE_MS: String(pauseMs) }),
    ...(pathsFile !== undefined && { PATHS: pathsFile }),
  }
  const { stdout } = await run(command, args, { env })
  const json = /^JSON (.*)$/m.exec(stdout)?.[1]
  if (json === undefined) throw new Error(`wrk told nothing: ${stdout}`)
  const told: Record<string, number> = JSON.parse(json)
  const figure = (name: string): number => told[name] ?? 0
  return {
    perSecond: figure('requests') / (figure('microseconds') / 1e6),
    requests: figure('requests'),
    bytesPerAnswer: figure('bytes') / Math.max(1, figure('requests')),
    unexpected: figure('unexpected'),
    failures: figure('failures'),
    p50Ms: figure('p50') / 1_000,
    p99Ms: figure('p99') / 1_000,
  }
}
