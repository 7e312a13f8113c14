import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../tests/stores/free-port.ts'
import type { Contestant } from './contestants.ts'
import { documentOf50Keys } from './document.ts'
import { loadCore, need, serverCore } from './machine.ts'
import { post, publishNewApp } from './management.ts'
import { nginxConf } from './nginx-conf.ts'
import { start } from './own-process.ts'
import { type Parasol, type Runtime, startParasol } from './parasol.ts'
import type { Stores } from './stores.ts'

const appId = 'bench'
export const path = `/v1/api/config/${appId}`
/** Above what any of them can do, so that each request is counted and none refused. */
const perSecond = 1_000_000

const named = (runtime: Runtime): string => (runtime === 'node' ? 'Node' : 'Bun')
const remove = { method: 'DELETE' }

/** The config service that gateways and peers stand before; it has the core of the load, which asks it next to nothing. */
export const startConfigService = async (folder: string, stores: Stores): Promise<Parasol> => {
  const env = { ...stores.env, PARASOL_SERVICES: 'config' }
  const config = await startParasol({ runtime: 'node', dataDir: join(folder, 'config'), core: loadCore, env })
  await limitGenerously(config)
  await publishNewApp(config, appId, documentOf50Keys())
  return config
}

/** In place of the first limits, which protect small servers. */
const limitGenerously = async (config: Parasol): Promise<void> => {
  const headers = { authorization: `Bearer ${config.token}` }
  for (const name of ['burst', 'management']) {
    await fetch(`${config.url}/manage/v1/limits/${name}`, { ...remove, headers })
  }
  const window = { per: 'ip', routeClass: 'config', quota: perSecond, windowSeconds: 1 }
  await post(config, '/limits', { name: 'burst', ...window })
}

const gatewayEnv = (config: Parasol, stores: Stores): Record<string, string> => ({
  REDIS_URL: stores.env.REDIS_URL ?? '',
  PARASOL_SERVICES: 'gateway',
  PARASOL_RATE_LIMITS: 'on',
  PARASOL_CONFIG_URL: config.url,
  PARASOL_ANALYTICS_URL: config.url,
})

/** Two gateways in one process of Node: what the compiler and the heap are like is the same for both. */
export const startTwoGateways = async (
  folder: string,
  config: Parasol,
  stores: Stores,
  more: Record<string, string>,
): Promise<{ pid: number; ports: Record<'counting' | 'without', number>; stop(): Promise<void> }> => {
  const without = await freePort()
  const program = [join(import.meta.dirname, 'two-gateways.ts'), String(without)]
  const env = { ...gatewayEnv(config, stores), ...more }
  const dataDir = join(folder, 'two-gateways')
  const both = await startParasol({ runtime: 'node', dataDir, core: serverCore, env, program })
  return { pid: both.pid, ports: { counting: both.port, without }, stop: () => both.stop() }
}

/** A gateway of its own: keys, limits over Redis, edge cache. */
export const startGatewayProcess = async (
  runtime: Runtime,
  folder: string,
  config: Parasol,
  stores: Stores,
  more: Record<string, string> = {},
): Promise<Contestant> => {
  const dataDir = join(folder, `gateway-${runtime}`)
  const env = { ...gatewayEnv(config, stores), ...more }
  const gateway = await startParasol({ runtime, dataDir, core: serverCore, env })
  return {
    name: `gateway on ${named(runtime)}`,
    pid: gateway.pid,
    url: () => gateway.url + path,
    stop: () => gateway.stop(),
  }
}

/** All services in one process, where nothing need be stored in between. */
export const startWhole = async (runtime: Runtime, folder: string): Promise<Contestant> => {
  const dataDir = join(folder, `whole-${runtime}`)
  const whole = await startParasol({ runtime, dataDir, core: serverCore, env: { PARASOL_RATE_LIMITS: 'on' } })
  await limitGenerously(whole)
  await publishNewApp(whole, appId, documentOf50Keys())
  return {
    name: `one process on ${named(runtime)}`,
    pid: whole.pid,
    url: () => whole.url + path,
    stop: () => whole.stop(),
  }
}

/** The same work in nginx: a limit by address and a cache (its files are on tmpfs where there is one). */
const cacheConf = (folder: string, port: number, config: Parasol): string =>
  nginxConf(
    folder,
    `
  limit_req_zone $binary_remote_addr zone=clients:10m rate=${perSecond}r/s;
  proxy_cache_path ${folder}/cache levels=1:2 keys_zone=answers:10m max_size=64m inactive=1h;
  upstream config { server 127.0.0.1:${config.port}; keepalive 16; }
  server {
    listen 127.0.0.1:${port};
    location / {
      limit_req zone=clients burst=${perSecond} nodelay;
      proxy_cache answers;
      proxy_cache_lock on;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass http://config;
      add_header X-Cache $upstream_cache_status;
    }
  }`,
  )

export const startNginxCache = async (folder: string, config: Parasol): Promise<Contestant> => {
  const port = await freePort()
  const conf = join(folder, 'nginx-cache.conf')
  mkdirSync(join(folder, 'cache'), { recursive: true })
  writeFileSync(conf, cacheConf(folder, port, config))
  const args = ['-e', 'stderr', '-p', folder, '-c', conf]
  const server = await start({ command: need('nginx', 'nginx-light'), args, core: serverCore, port })
  return { name: 'nginx', ...server, url: () => `http://127.0.0.1:${port}${path}` }
}

export const startVarnish = async (folder: string, config: Parasol): Promise<Contestant> => {
  const port = await freePort()
  const args = ['-F', '-n', join(folder, 'varnish'), '-a', `127.0.0.1:${port}`, '-s', 'malloc,64m']
  const limits = ['-p', 'thread_pools=1', '-p', 'thread_pool_min=50', '-p', 'thread_pool_max=500']
  const backend = ['-b', `127.0.0.1:${config.port}`]
  const command = need('varnishd', 'varnish')
  const server = await start({ command, args: [...args, ...limits, ...backend], core: serverCore, port })
  return { name: 'Varnish', ...server, url: () => `http://127.0.0.1:${port}${path}` }
}
