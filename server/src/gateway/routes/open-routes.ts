import { readFileSync } from 'node:fs'
import { toProblem } from '../../platform/http/problem-response.ts'
import { hardenForeign } from '../../platform/http/security-headers.ts'
import { noLongerWhole } from '../../platform/http/whole-answer.ts'
import { logRarely } from '../../platform/log/log-rarely.ts'
import type { Log } from '../../platform/log/open-log.ts'
import type { HttpPeer, UpstreamState } from '../../platform/peers/http-peer.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import type { Telemetry } from '../../platform/telemetry/telemetry.ts'
import { openUpstreams, type UpstreamChanged } from '../upstreams/open-upstreams.ts'
import { shedLoad } from '../upstreams/shed-load.ts'
import { matchRoute } from './match-route.ts'
import type { Route } from './route.ts'
import type { RouteSpec } from './route-schema.ts'
import { RoutesProblem } from './routes-problem.ts'
import { watchFile } from './watch-file.ts'

/** A routes file, and what reads it: that is loaded only where there is a file. Throws {@link RoutesProblem}. */
export interface RoutesFile {
  path: string
  read(text: string): RouteSpec[]
}

interface RoutesOptions {
  own: readonly Route[]
  /** Takes what no route does. */
  fallback: Route
  /** Without it there are our own routes alone. */
  file: RoutesFile | undefined
  log: Log
  telemetry?: Telemetry
}

/** The table of routes of this process. */
export interface Routes {
  /** The route of a path, longest prefix first; makes nothing, because it is asked for every request. */
  match(path: string): Route
  /** Takes over another text of the routes file; false, and the table stays as it is, when it is wrong. */
  reload(text: string): boolean
  /** The upstreams of the routes file, by the name of their route. */
  upstreams(): { name: string; upstreams: UpstreamState[] }[]
  /** This process is stopping: what is held open ends. */
  drain(): void
  close(): void
}

/** A route of the file as it is in use, and the text by which it is recognised when the file changes. */
interface Opened {
  text: string
  route: Route
  pool: HttpPeer
}

/** Throws {@link RoutesProblem} when the routes file is wrong or can't be read. */
export const openRoutes = ({ own, fallback, file, log, telemetry }: RoutesOptions): Routes => {
  let opened: Opened[] = []
  /** Pools without a route that have requests yet. */
  const retired = new Set<HttpPeer>()
  const pools = (): HttpPeer[] => [...opened.map(({ pool }) => pool), ...retired]
  let table: readonly Route[] = own
  let editions = 0
  const changed = tellChanges(log)

  const take = (specs: readonly RouteSpec[]): void => {
    const before = new Map(opened.map((one) => [one.text, one]))
    opened = specs.map((spec) => {
      const text = JSON.stringify(spec)
      const kept = before.get(text)
      before.delete(text)
      editions += kept ? 0 : 1
      return kept ?? open(spec, text, openUpstreams(spec, changed, telemetry), String(editions))
    })
    const others = opened.map(({ route }) => route).sort((a, b) => b.prefix.length - a.prefix.length)
    // Requests that found the old table finish on its upstreams, which close after the last of them.
    table = [...own, ...others]
    for (const { pool } of before.values()) {
      retired.add(pool)
      void pool.retire().then(() => retired.delete(pool))
    }
  }
  const reload = (text: string): boolean => {
    try {
      take(file?.read(text) ?? [])
      log.info({ routes: opened.length }, 'routes file taken over')
      return true
    } catch (error) {
      if (!(error instanceof RoutesProblem)) throw error
      for (const problem of error.problems) log.error({ problem }, 'routes file not taken over')
      return false
    }
  }
  const endWatch = file && begin(file, take, reload, log)
  return {
    match: (path) => matchRoute(table, path) ?? fallback,
    reload,
    upstreams: () => opened.map(({ route, pool }) => ({ name: route.name, upstreams: pool.upstreams() })),
    drain() {
      for (const pool of pools()) pool.drain()
    },
    close() {
      endWatch?.()
      for (const pool of pools()) pool.close()
    },
  }
}

const tellChanges =
  (log: Log): UpstreamChanged =>
  (route, upstream, isHealthy) =>
    log[isHealthy ? 'info' : 'warn'](
      { route, upstream },
      isHealthy ? 'upstream is back' : 'upstream is not well',
    )

const begin = (
  { path, read }: RoutesFile,
  take: (specs: readonly RouteSpec[]) => void,
  reload: (text: string) => boolean,
  log: Log,
): (() => void) => {
  const text = textOf(path)
  take(read(text))
  const complain = logRarely<string>(60_000, (_, err) => log.warn({ err }, 'routes file not readable'))
  return watchFile(path, text, reload, (error) => complain('unreadable', error))
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new RoutesProblem([
      `${path} can't be read (${code}). Make the file, or correct PARASOL_ROUTES_FILE.`,
    ])
  }
}

const open = (spec: RouteSpec, text: string, pool: HttpPeer, edition: string): Opened => ({
  text,
  pool,
  route: {
    name: spec.name,
    prefix: spec.prefix === '/' ? '' : spec.prefix,
    template: spec.prefix,
    policy: spec.policy,
    auth: spec.auth,
    isCached: spec.cached,
    edition,
    isOfApps: false,
    maxBodyBytes: spec.maxBodyBytes,
    // The bound that the file names is the pool's own to tell of.
    peer: shedLoad({ name: spec.name, most: spec.maxUnderWay + 1 }, hardened(pool.peer)),
    // Whether pages of other origins may read it is for what is behind it to say.
    problemOf: toProblem,
  },
})

/** What is behind it need not tell what it is made of, nor how browsers could be misled. */
const hardened =
  (peer: Peer): Peer =>
  async (request) => {
    const response = await peer(request)
    hardenForeign(response.headers)
    noLongerWhole(response)
    return response
  }
