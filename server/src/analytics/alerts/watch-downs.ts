import type { Dependency, Health } from '../../../../contract/health.ts'
import { watchDependency } from '../../platform/health/measure-health.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import type { Downs } from './evaluate-rule.ts'

/** The config service measures its stores for up to a second. */
const configAnswersWithinMs = 5_000

/** Whether something is down; of what lies outside, a CDN for example, also whether it keeps refusing. Undefined: there is none. */
const isDown = (name: string, { state }: Dependency): boolean | undefined => {
  if (state === 'not_configured') return undefined
  return state === 'down' || (name === 'external_apis' && state === 'degraded')
}

export interface Watched {
  downs: Downs
  /** This process does not reach the database itself. */
  isCutOff: boolean
}

/**
 * How the services are as this process sees them: its own database, and what the config service tells of its stores. What nobody can
 * tell, because the config service does not answer, is left out.
 */
export const watchDowns = (
  pingDatabase: () => Promise<void>,
  config: Peer | undefined,
): (() => Promise<Watched>) => {
  const database = watchDependency(pingDatabase)
  return async () => {
    const [own, told] = await Promise.all([database(), config ? askHealth(config) : undefined])
    const downs = new Map<string, boolean>()
    if (config) downs.set('config', told === undefined)
    for (const [name, dependency] of Object.entries(told?.services ?? {})) {
      const down = isDown(name, dependency)
      if (down !== undefined) downs.set(name, down)
    }
    // What keeps this process from evaluating counts, whatever another sees.
    const isCutOff = own.state === 'down'
    if (isCutOff || !downs.has('database')) downs.set('database', isCutOff)
    return { downs, isCutOff }
  }
}

const askHealth = async (config: Peer): Promise<Health | undefined> => {
  try {
    const signal = AbortSignal.timeout(configAnswersWithinMs)
    const answer = await config(new Request('http://config/health', { signal }))
    const health = (await answer.json()) as Partial<Health>
    return health.services ? (health as Health) : undefined
  } catch {
    return undefined
  }
}
