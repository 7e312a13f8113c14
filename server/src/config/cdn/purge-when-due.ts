import { type DueWork, runDue } from '../../platform/jobs/run-due.ts'
import { logRarely } from '../../platform/log/log-rarely.ts'
import { edgeOutdatedSeconds } from '../delivery/edge-control.ts'
import { hasDuePurges } from '../store/purges.ts'
import type { Cdn } from './cdn.ts'
import { type PurgeOptions, purgeCdn } from './purge-cdn.ts'

/**
 * How long after a purge every node has the change: it has looked for what no message told it, also one that did so just before
 * the change; and gateways of their own have asked for what they got before that.
 */
export const knownAfterSeconds = ({
  sweepMs,
  tellsEdge = false,
}: {
  sweepMs: number
  tellsEdge?: boolean | undefined
}): number => (sweepMs * 2) / 1_000 + 2 + (tellsEdge ? edgeOutdatedSeconds : 0)

/** Each CDN by itself: one that does not answer keeps nothing from the others. `close` breaks off what is being asked. */
export const purgeWhenDue = (
  options: Omit<PurgeOptions, 'closing'> & { cdns: readonly Cdn[] },
): { close(): Promise<void> } => {
  const { db, log, cdns } = options
  const closing = new AbortController()
  const onError = logRarely<string>(60_000, (work, err, leftOut) =>
    log.warn({ work, err, leftOut }, 'purging failed; it is tried again'),
  )
  const workOf = (cdn: Cdn): DueWork => ({
    name: `purges of ${cdn.name}`,
    list: async () => ((await hasDuePurges(db, cdn.name)) ? [{ id: 0, actor: 'parasol' }] : []),
    run: () => purgeCdn({ ...options, closing: closing.signal }, cdn),
  })
  const jobs = cdns.map((cdn) => runDue({ works: [workOf(cdn)], everyMs: 1_000, onError }))
  return {
    async close() {
      closing.abort()
      await Promise.all(jobs.map((job) => job.close()))
    },
  }
}
