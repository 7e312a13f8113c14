import { pino } from 'pino'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import { noLastKnownGood } from '../../config/delivery/last-known-good.ts'
import { createConfigService } from '../../config/service.ts'
import { createAuthenticate } from '../../platform/auth/authenticate.ts'
import { memoryCache } from '../../platform/cache/cache-memory.ts'
import { memoryChanges } from '../../platform/changes/changes-memory.ts'
import { createReadiness } from '../../platform/health/readiness.ts'
import { observe } from '../../platform/http/observe.ts'
import { noteSource } from '../../platform/http/remote-address.ts'
import { createClientKeys } from '../../platform/keys/client-keys.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import { readSettings } from '../../settings.ts'
import { createGateway } from '../service.ts'

const log = pino({ level: 'silent' })
const manager = { authorization: 'Bearer token', 'content-type': 'application/json' }

/** The config service on a database of its own, and gateways before it in this process. */
export const startServices = async () => {
  const own = await bothDatabases[1].make()
  const changes = memoryChanges({ onError: () => {} })
  const service = createConfigService({
    db: own.database.kysely,
    pingDatabase: () => own.database.ping(),
    cache: memoryCache({ maxBytes: 1 << 20 }),
    changes,
    lastKnownGood: noLastKnownGood,
    authenticate: createAuthenticate('token', async () => undefined),
    clientKeys: createClientKeys(own.database.kysely, () => {}),
    readiness: createReadiness(),
    log,
    limits: { maxBytes: 1 << 20, maxDepth: 50 },
    rules: { maxAgeSeconds: 60, staleWhileRevalidateSeconds: 60, staleIfErrorSeconds: 60, pollSeconds: 60 },
    ...{ cacheBytes: 1 << 20, cacheTtlSeconds: 60, sweepMs: 60_000, streamsPerKey: 10, coldLoads: 2 },
    ...{ cdns: [], requireIfMatch: false, ofrepPerSecond: 0 },
  })
  /** As an operator, past the gateway. Throws where it is refused. */
  const manage = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const init = { method: 'POST', headers: manager, body: JSON.stringify(body) }
    const answer = await service.fetch(new Request(`http://config/manage/v1${path}`, init))
    if (!answer.ok) throw new Error(await answer.text())
    return (await answer.json()) as Record<string, unknown>
  }
  /** A gateway that ships to `analytics`; `isConfigApart`: it has an edge cache before the config service. */
  const startGateway = (analytics: Peer, isConfigApart: boolean, env: Record<string, string> = {}) => {
    const gateway = createGateway({
      ...{ config: service.fetch, isConfigApart, analytics, changes, counts: undefined },
      ...{ readiness: createReadiness(), log, version: '0.0.0', settings: readSettings(env) },
    })
    const peer = observe(gateway.fetch, log)
    const ask = async (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) => {
      const request = new Request(`http://front.example${path}`, { ...init, headers })
      noteSource(request, { remoteAddress: '127.0.0.1' })
      return peer(request)
    }
    return { ask, close: gateway.close }
  }
  const close = async (): Promise<void> => {
    await service.close()
    await changes.close()
    await own.drop()
  }
  return { manage, startGateway, close }
}

export type Services = Awaited<ReturnType<typeof startServices>>
