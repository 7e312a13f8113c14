import type { Kysely } from 'kysely'
import type { Dependency } from '../../../../contract/health.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { notConfigured } from '../../platform/health/measure-health.ts'
import { listCdnStates } from '../store/purges.ts'

/** One failure or two are everyday; from the third in a row on, something is wrong. */
const failuresMost = 2

/** How it goes with the CDNs, as every node sees it; as it was last while the database is away. Degraded: one keeps refusing. */
export const watchCdns = (db: Kysely<Tables>, cdns: readonly string[]): (() => Promise<Dependency>) => {
  let last: Dependency = { ...notConfigured, state: cdns.length > 0 ? 'ok' : 'not_configured' }
  return async () => {
    if (cdns.length === 0) return last
    try {
      const states = await listCdnStates(db, cdns)
      const newest = states
        .filter((state) => state.last_error_at !== null)
        .sort((one, other) => Number(other.last_error_at) - Number(one.last_error_at))[0]
      last = {
        state: states.some(({ failures }) => failures > failuresMost) ? 'degraded' : 'ok',
        latencyMs: null,
        lastError: newest?.last_error ?? null,
        lastErrorAt: newest?.last_error_at?.toISOString() ?? null,
      }
    } catch {
      // That the database does not answer is told beside this.
    }
    return last
  }
}
