import { record } from './distribution.ts'
import type { Meters } from './meters.ts'

const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

/** Counts how long it took until this node no longer answers what was before; `madeAt`: when that was replaced, in ms since 1970. */
export const measureRevisionLag = (meters: Meters): ((madeAt: number) => void) => {
  const lag = meters
    .histogram({
      ...{ name: 'parasol.config.revision.lag', unit: 's', bounds },
      description: 'From a release until this node no longer answers the one before, where it held that.',
    })
    .of({})
  // The clock of whoever made it may be ahead of ours.
  return (madeAt) => record(lag, Math.max(0, Date.now() - madeAt) / 1_000)
}
