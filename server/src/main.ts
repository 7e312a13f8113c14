import { flushCompileCache } from 'node:module'
import { complain } from './banner.ts'
import { listening, wordsOf } from './listening.ts'
import { createClosers } from './platform/closers.ts'
import { giveBackMemory } from './platform/give-back-memory.ts'
import { createReadiness } from './platform/health/readiness.ts'
import { listen } from './platform/http/listen.ts'
import type { Listener, ListenOptions } from './platform/http/listener.ts'
import { observe } from './platform/http/observe.ts'
import { openLog } from './platform/log/open-log.ts'
import type { Peer } from './platform/peers/peer.ts'
import { stopOnSignal } from './platform/stop-on-signal.ts'
import { tellParent } from './platform/workers/follow-parent.ts'
import { type Environment, environment, readSettings, type Settings } from './settings.ts'
import type { Process } from './start-database.ts'
import { startTelemetry } from './start-telemetry.ts'
import { openRedis } from './stores.ts'
import { version } from './version.ts'

/** What closers may take beside the requests in flight; each has a bound of its own, and this is for one that is wrong. */
const closeGraceMs = 30_000

/** Starts what the settings name: in this process, or in several that this one watches. */
export const main = async (env: Environment): Promise<void> => {
  const settings = readSettings(env)
  if (settings.workers === 1) return run(settings)
  const { startWorkers } = await import('./start-workers.ts')
  return startWorkers(settings, env)
}

/** Returns when requests are received. Everything opened here is closed in reverse. */
export const run = async (settings: Settings): Promise<void> => {
  const { log, flush, tap } = openLog(settings.logLevel)
  const closers = createClosers((what, err) => log.error({ what, err }, 'did not close well'))
  const readiness = createReadiness()
  const closeMs = settings.stopSeconds * 1_000 + closeGraceMs
  stopOnSignal({ log, flush, readiness, closers, drainMs: settings.drainSeconds * 1_000, closeMs })

  try {
    const telemetry = await startTelemetry({ settings, log, tap, closers })
    await start({ settings, log, closers, readiness, telemetry })
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}

const start = async (started: Process): Promise<void> => {
  const { settings, log, readiness } = started
  const runs = (service: 'gateway' | 'config' | 'analytics'): boolean => settings.services.includes(service)
  const redis = await openRedis(started)
  // What does not run here is not loaded: a gateway needs a third of the memory without the rest.
  const ground =
    runs('config') || runs('analytics')
      ? await (await import('./start-database.ts')).startDatabase(started)
      : undefined
  const config =
    ground && runs('config')
      ? await (await import('./start-config.ts')).startConfig(started, ground, redis)
      : undefined
  const analytics =
    ground && runs('analytics')
      ? (await import('./start-analytics.ts')).startAnalytics(started, ground, config?.fetch).fetch
      : undefined
  const gateway = runs('gateway')
    ? await (await import('./start-gateway.ts')).startGateway(started, { config, analytics, redis })
    : undefined
  const front = gateway?.fetch ?? config?.fetch ?? analytics
  if (!front) throw new Error('PARASOL_SERVICES names no service.')

  const { adminPort: port, adminHost: host } = settings
  const names = { host: 'PARASOL_ADMIN_HOST', port: 'PARASOL_ADMIN_PORT' }
  const apart = gateway && port !== undefined ? { ...gateway, host, port, names } : undefined
  const receive = startReceiving(started)
  const url = await receive(apart?.publicFetch ?? front, settings)
  const adminUrl = apart && (await receive(apart.fetch, apart))
  await config?.introduce(adminUrl ?? url)
  readiness.serve()
  tellParent(url)
  log.info({ url, adminUrl, services: settings.services, version, pid: process.pid }, 'listening')
  // Node keeps what it compiled at the exit, which a process that is killed has not.
  flushCompileCache?.()
  giveBackMemory()
}

type Where = Pick<ListenOptions, 'host' | 'port' | 'names'>

/** Receives requests at one address and another, and says the URL of each; all of them stop together. */
const startReceiving = ({ settings, log, closers, readiness, telemetry }: Process) => {
  const listeners: Listener[] = []
  closers.add('listeners', async () => {
    await Promise.all(listeners.map((listener) => listener.close(settings.stopSeconds * 1_000)))
  })
  return async (peer: Peer, { host, port, names }: Where): Promise<string> => {
    const options = { ...listening(settings, log), host, port, ...(names && { names }) }
    const listener = await listen(observe(peer, log, settings, telemetry), options)
    readiness.onStop(listener.drain)
    listeners.push(listener)
    return listener.url
  }
}

/** A mistake of the operator's is told in words; a stack trace would hide them. */
export const tellAndEnd = (error: unknown): never => {
  const problems = wordsOf(error)
  if (!problems) throw error
  complain('the settings need correction', problems)
  process.exit(1)
}

if (import.meta.main) await main(environment()).catch(tellAndEnd)
