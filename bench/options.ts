import { parseArgs } from 'node:util'

export const partNames = [
  'http',
  'cold',
  'publish',
  'memory',
  'fleet',
  'targeting',
  'live',
  'gateway',
  'events',
  'counting',
  'analytics',
] as const
export type PartName = (typeof partNames)[number]

export interface Options {
  parts: readonly PartName[]
  /** Of `http`: each contestant is loaded this often, for this long. */
  rounds: number
  seconds: number
  connections: number
  /** Of `cold`. */
  starts: number
  /** Of `publish`. */
  publishes: number
  /** Of `memory`. */
  apps: number
  readSeconds: number
  /** Of `fleet`. */
  fleetApps: number
  /** Of `live`. */
  subscribers: number
  livePublishes: number
  /** Of `events`. */
  eventRounds: number
  eventSeconds: number
  /** Of `analytics`. */
  analyticsApps: number
  asks: number
}

export const help = `npm run bench [-- part ...] [options]

Parts (all when none is named):
  http      cached reads and 304s: Parasol on Node and Bun, raw node:http, nginx
  cold      from the start of the process to its first answer
  publish   from a publish to another node's first new answer
  memory    100,000 apps of which 1,000 are hot; 10,000 apps through a small cache
  targeting /v2 with 20 overrides for 10,000 devices beside /v1; a first evaluation; memory under invented contexts
  fleet     the questions of an operator over 1,000,000 apps; a template's release to 10,000 of them
  gateway   the whole gateway beside nginx with a limit and a cache, Varnish and Unleash: 200, 304, latency, misses, memory
  events    events of apps, stored durably: on PostgreSQL beside COPY of the same rows, and embedded
  counting  what counting requests costs a gateway: CPU a request with it and without
  analytics an operator's questions over 90 days of 1,000 apps; what a year of 10,000 apps takes on disk
  live      20,000 readers of a stream: what each costs, and when the last one is told of a publish

Options:
  --rounds 5        http: rounds of each contestant         --seconds 2      http: seconds of a round
  --connections 64  http: connections of the load           --starts 10      cold: starts of each kind
  --publishes 200   publish: how many                       --apps 100000    memory: apps in the database
  --read-seconds 40 memory: how long to read at random      --fleet-apps 1000000 fleet: apps in the database
  --subscribers 20000 live: readers of a stream     --live-publishes 30 live: how many
  --event-rounds 5  events: rounds of each contestant       --event-seconds 5 events: seconds of a round
  --analytics-apps 1000 analytics: apps in the database    --asks 20 analytics: times that each question is asked
  --help

Servers run on core 0 and the load on core 1. TEST_DATABASE_URL names a PostgreSQL to use instead of a throwaway one.`

const defaults = {
  rounds: '5',
  seconds: '2',
  connections: '64',
  starts: '10',
  publishes: '200',
  apps: '100000',
  'read-seconds': '40',
  'fleet-apps': '1000000',
  subscribers: '20000',
  'live-publishes': '30',
  'event-rounds': '5',
  'event-seconds': '5',
  'analytics-apps': '1000',
  asks: '20',
} as const

const count = (name: string, text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name} takes a whole number from 1, not ${text}`)
  return value
}

/** What the command line asks for; undefined for `--help`. Throws one line about what it does not understand. */
export const readOptions = (args: string[]): Options | undefined => {
  const text = (value: string) => ({ type: 'string', default: value }) as const
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      rounds: text(defaults.rounds),
      seconds: text(defaults.seconds),
      connections: text(defaults.connections),
      starts: text(defaults.starts),
      publishes: text(defaults.publishes),
      apps: text(defaults.apps),
      'read-seconds': text(defaults['read-seconds']),
      'fleet-apps': text(defaults['fleet-apps']),
      subscribers: text(defaults.subscribers),
      'live-publishes': text(defaults['live-publishes']),
      'event-rounds': text(defaults['event-rounds']),
      'event-seconds': text(defaults['event-seconds']),
      'analytics-apps': text(defaults['analytics-apps']),
      asks: text(defaults.asks),
    },
  })
  if (values.help) return undefined
  const unknown = positionals.find((name) => !partNames.some((part) => part === name))
  if (unknown !== undefined) throw new Error(`${unknown} is no part; there are ${partNames.join(', ')}`)
  const asked = partNames.filter((part) => positionals.includes(part))
  return {
    parts: asked.length > 0 ? asked : partNames,
    rounds: count('rounds', values.rounds),
    seconds: count('seconds', values.seconds),
    connections: count('connections', values.connections),
    starts: count('starts', values.starts),
    publishes: count('publishes', values.publishes),
    apps: count('apps', values.apps),
    readSeconds: count('read-seconds', values['read-seconds']),
    fleetApps: count('fleet-apps', values['fleet-apps']),
    subscribers: count('subscribers', values.subscribers),
    livePublishes: count('live-publishes', values['live-publishes']),
    eventRounds: count('event-rounds', values['event-rounds']),
    eventSeconds: count('event-seconds', values['event-seconds']),
    analyticsApps: count('analytics-apps', values['analytics-apps']),
    asks: count('asks', values.asks),
  }
}
