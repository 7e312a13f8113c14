import { afterReading } from '../after-reading.ts'
import { Call } from '../http1-client/call.ts'
import { writeRequestHead } from '../http1-client/write-request-head.ts'
import { dropIdle, type Upstream } from './upstream.ts'

/** How upstreams are asked whether they are well: 2xx and 3xx say so. */
export interface HealthCheck {
  path: string
  intervalMs: number
}

/** Checks in a row that change what is thought of an upstream; that it is not ready it says once. */
const checksNeeded = 2
/** As long as an interval, but no less than a second: a busy machine is not ill. */
const answersWithinMs = { least: 1_000, most: 2_000 }

/** Status of the answer, 0 without one. */
const ask = ({ base, basePath, checks }: Upstream, { path, intervalMs }: HealthCheck): Promise<number> =>
  new Promise((resolve) => {
    const withinMs = Math.min(Math.max(intervalMs, answersWithinMs.least), answersWithinMs.most)
    const call = new Call(
      checks,
      {
        method: 'GET',
        head: writeRequestHead('GET', basePath + path, { host: base.host }),
        body: undefined,
        ...{ connectMs: withinMs, headersMs: withinMs, silenceMs: withinMs },
      },
      {
        sent() {},
        answered(head, body) {
          body.discard()
          resolve(head.status)
        },
        failed: () => resolve(0),
        over: () => clearTimeout(timer),
      },
    )
    const late = (): void => call.breakOff(new Error('it takes too long'))
    // An answer that came while this process was busy still counts.
    const timer = setTimeout(() => afterReading(late), withinMs).unref()
    call.start()
  })

/**
 * Asks each upstream again and again, at times of its own; `changed` hears of each that goes or comes back. Returns what ends it.
 */
export const checkUpstreams = (
  upstreams: readonly Upstream[],
  check: HealthCheck,
  changed: (upstream: Upstream, isHealthy: boolean) => void,
): (() => void) => {
  const timers = new Map<Upstream, NodeJS.Timeout>()
  let isOver = false
  const counts = new Map(upstreams.map((upstream) => [upstream, 0]))

  const judge = (upstream: Upstream, status: number): void => {
    const isWell = status >= 200 && status < 400
    if (isWell === upstream.isHealthy) return void counts.set(upstream, 0)
    const count = (counts.get(upstream) ?? 0) + 1
    counts.set(upstream, count)
    if (count < checksNeeded && status !== 503) return
    counts.set(upstream, 0)
    upstream.isHealthy = isWell
    if (isWell) upstream.breaker.succeeded()
    else dropIdle(upstream)
    changed(upstream, isWell)
  }
  const later = (upstream: Upstream, delayMs: number): void => {
    const look = async (): Promise<void> => {
      const status = await ask(upstream, check)
      if (isOver) return
      judge(upstream, status)
      // Not all gateways at the same moment.
      later(upstream, check.intervalMs * (0.9 + 0.2 * Math.random()))
    }
    timers.set(upstream, setTimeout(look, delayMs).unref())
  }
  for (const upstream of upstreams) later(upstream, check.intervalMs * Math.random())
  return () => {
    isOver = true
    for (const timer of timers.values()) clearTimeout(timer)
  }
}
