import type { Peer } from '../../platform/peers/peer.ts'
import { type Counting, createCounting } from './counting.ts'
import { shipCounts } from './ship-counts.ts'

/** Counts requests, and ships what was counted to the analytics service until it is closed. */
export const openCounts = (
  analytics: Peer,
  warn: (what: string, error: unknown) => void,
): { counting: Counting; close(): Promise<void> } => {
  const counted = createCounting({ onFull: () => ships.hurry() })
  const ships = shipCounts({ counted, analytics, warn })
  return { counting: counted, close: ships.close }
}
