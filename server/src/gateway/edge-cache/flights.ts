/** How an exchange with the upstream came out for those who wait for it. */
export type Landing =
  /** It is in the store. */
  | 'stored'
  /** It is for one client alone. */
  | 'apart'
  /** Its client went away, or a purge outdated it, or it did not come in time: nothing is known of the upstream. */
  | 'lost'
  /** The upstream answered that it fails. */
  | 'fault'
  | { error: unknown }

/** An exchange that others may wait for. */
export interface Flight {
  key: string
  landing: Promise<Landing>
  land(landing: Landing): void
}

/** Exchanges under way, and addresses where waiting for them is of no use. */
export interface Flights {
  /** The exchange under way for a key. */
  find(key: string): Flight | undefined
  /** Begins one; a later one of the same key takes its place for those who come then. */
  begin(key: string): Flight
  /** Waits for a landing, at most as long as a client is to be held for another's sake. */
  wait(flight: Flight): Promise<Landing>
  /** Notes that answers there are not shared: for a while nobody waits for another's. */
  noteApart(key: string): void
  noteShared(key: string): void
  isApart(key: string): boolean
}

/** How long a client waits for another's answer before it asks itself, and how long an address counts as not shared. */
const patienceMs = 3_000
const apartMs = 10_000
const apartMost = 20_000

export const createFlights = (now: () => number): Flights => {
  const flights = new Map<string, Flight>()
  const apart = new Map<string, number>()
  return {
    find: (key) => flights.get(key),
    begin(key) {
      let settle: (landing: Landing) => void = () => {}
      const landing = new Promise<Landing>((resolve) => {
        settle = resolve
      })
      const flight: Flight = {
        ...{ key, landing },
        land(how) {
          if (flights.get(key) === flight) flights.delete(key)
          settle(how)
        },
      }
      flights.set(key, flight)
      return flight
    },
    async wait({ landing }) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<Landing>((resolve) => {
        timer = setTimeout(() => resolve('lost'), patienceMs)
      })
      const how = await Promise.race([landing, late])
      clearTimeout(timer)
      return how
    },
    noteApart(key) {
      // The first in is the first to end.
      apart.delete(key)
      if (apart.size >= apartMost) apart.delete(apart.keys().next().value ?? '')
      apart.set(key, now() + apartMs)
    },
    noteShared: (key) => void apart.delete(key),
    isApart(key) {
      const until = apart.get(key)
      if (until === undefined) return false
      if (until > now()) return true
      apart.delete(key)
      return false
    },
  }
}
