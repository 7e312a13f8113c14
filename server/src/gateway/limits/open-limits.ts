import { randomUUID } from 'node:crypto'
import type { Changes } from '../../platform/changes/changes.ts'
import type { Log } from '../../platform/log/open-log.ts'
import type { AskConfig } from '../ask-config.ts'
import { followLimits } from './follow-limits.ts'
import { limitRequests, type RequestLimits } from './limit-requests.ts'
import type { SharedCounts } from './shared-counts.ts'
import { createSharing } from './sharing.ts'

interface LimitsOptions {
  /** Off: there are no limits. */
  isOn: boolean
  ask: AskConfig['limits']
  changes: Changes | undefined
  counts: SharedCounts | undefined
  log: Pick<Log, 'info' | 'warn'>
  warn: (what: string, error: unknown) => void
}

/** The limits of this gateway: as the config service has them, counted with all other gateways where they share a Redis. */
export const openLimits = ({ isOn, ask, changes, counts, log, warn }: LimitsOptions): RequestLimits => {
  const now = () => performance.now()
  if (!isOn) return limitRequests({ sharing: undefined, now })
  const sharing =
    counts &&
    createSharing({
      ...{ counts, gatewayId: randomUUID(), now },
      onTurn: (isApart, err) =>
        isApart
          ? log.warn({ err }, 'limits: Redis is away or new, so each gateway keeps to its part')
          : log.info('limits: gateways count together again'),
    })
  const limits = limitRequests({ sharing, now })
  const following = followLimits({
    ...{ ask, changes, update: limits.update },
    onError: (error) => warn('limits were not read; those from before count', error),
  })
  return {
    ...limits,
    async close() {
      following.close()
      // Where it takes too long to give back, nothing else stays open.
      await limits.close().finally(() => sharing?.close())
    },
  }
}
