import type { Device } from './make-fleet.ts'
import { type Kept, openApp, type Server, type Tally } from './open-app.ts'

export interface Playing {
  tally: Tally
  /** Days of the fleet's own time since it began. */
  daysPast: () => number
  /** Resolves when the openings under way are done. */
  stop: () => Promise<void>
}

interface PlayOptions {
  /** How long a day of the fleet takes, in ms. */
  dayMs: number
  draw: () => number
}

/** Openings at a time: what waits longer is opened later, as on a machine that is busy. */
const mostAtOnce = 64
const tickMs = 50

/** Lets each device open its app at its times of every day, a day taking seconds, until it is stopped. */
export const playFleet = (
  server: Server,
  fleet: readonly Device[],
  { dayMs, draw }: PlayOptions,
): Playing => {
  const tally: Tally = { fetches: 0, unchanged: 0, failedFetches: 0, events: 0, errors: 0 }
  const kept = new Map<Device, Kept>()
  const openings = fleet
    .flatMap((device) => device.opensAt.map((at) => ({ at, device })))
    .sort((one, other) => one.at - other.at)
  const startedAt = performance.now()
  const daysPast = (): number => (performance.now() - startedAt) / dayMs
  const underWay = new Set<Promise<void>>()
  let opened = 0

  const open = (device: Device): void => {
    const opening = openApp(server, device, kept.get(device), { tally, draw }).then((now) => {
      if (now) kept.set(device, now)
      underWay.delete(opening)
    })
    underWay.add(opening)
  }
  const tick = (): void => {
    while (underWay.size < mostAtOnce) {
      const next = openings[opened % openings.length]
      if (!next || Math.floor(opened / openings.length) + next.at > daysPast()) return
      opened += 1
      open(next.device)
    }
  }
  const timer = setInterval(tick, tickMs)
  return {
    tally,
    daysPast,
    async stop() {
      clearInterval(timer)
      await Promise.all(underWay)
    },
  }
}
