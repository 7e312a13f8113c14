import { randomUUID } from 'node:crypto'
import type { Changes } from '../../platform/changes/changes.ts'
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
  warn: (what: string, error: unknown) => void
}

/** The limits of this gateway: as the config service has them, counted with all other gateways where they share a Redis. */
export const openLimits = ({ isOn, ask, changes, counts, warn }: LimitsOptions): RequestLimits => {
  const now = () => performance.now()
  if (!isOn) return limitRequests({ sharing: undefined, now })
  const sharing =
    counts &&
    createSharing({
      ...{ counts, gatewayId: randomUUID(), now },
      onError: (error) => warn('the shared counts of limits are away: each gateway keeps to its part', error),
    })
  const limits = limitRequests({ sharing, now })
  const following = followLimits({
    ...{ ask, changes, update: limits.update },
    onError: (error) => warn('limits were not read; those from before count', error),
  })
  return {
    ...limits,
    close() {
      following.close()
      limits.close()
      sharing?.close()
    },
  }
}
