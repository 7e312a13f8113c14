import { type Kysely, sql } from 'kysely'
import type { Health } from '../../../contract/health.ts'
import type { Tables } from '../platform/database/tables.ts'
import { measureRevisionLag } from '../platform/telemetry/measure-revision-lag.ts'
import type { Meters } from '../platform/telemetry/meters.ts'
import { observeQueue } from '../platform/telemetry/observe-queue.ts'
import { observeStores } from '../platform/telemetry/observe-stores.ts'
import type { Following } from './delivery/follow-changes.ts'
import type { Held, HeldReleases } from './delivery/held-releases.ts'
import type { Live } from './delivery/live/create-live.ts'
import type { Load } from './delivery/watch-load.ts'

interface Observed {
  db: Kysely<Tables>
  held: HeldReleases
  following: Pick<Following, 'sweepAgeMs' | 'waiting'>
  live: Pick<Live, 'subscribers'>
  load: Pick<Load, 'pollFactor'>
  measure: () => Promise<Health>
}

/** What a node of the config service has counted anyway, or can look up, for whoever asks. */
export const observeConfig = (meters: Meters, observed: Observed): void => {
  const { held, following, live, load, measure } = observed
  const { observe } = meters
  observe(
    {
      name: 'parasol.config.held.entries',
      kind: 'updown',
      unit: '{config}',
      description: 'Configs that are held in memory.',
    },
    () => held.size().entries,
  )
  observe(
    { name: 'parasol.config.held.size', kind: 'updown', unit: 'By', description: 'Memory that they take.' },
    () => held.size().bytes,
  )
  observe(
    {
      ...{ name: 'parasol.sweep.age', kind: 'gauge', unit: 's' },
      description:
        'Time since this node last asked the database for changes with success; a multiple of PARASOL_SWEEP_SECONDS means that it is behind.',
    },
    () => following.sweepAgeMs() / 1_000,
  )
  observe(
    {
      ...{ name: 'parasol.live.subscribers', kind: 'updown', unit: '{subscriber}' },
      description: 'Streams, and reads that wait for a change, that are open.',
    },
    live.subscribers,
  )
  observe(
    {
      name: 'parasol.config.poll_factor',
      kind: 'gauge',
      unit: '',
      description:
        'How many times longer than usual apps are told to wait before they ask again, because of load.',
    },
    load.pollFactor,
  )
  observeQueue(meters, 'refresh', following.waiting)
  observeOutbox(meters, observed)
  observeStores(meters, measure)
  held.onNewer(measureLag(meters))
}

/** The same on every node, as all share the table. */
const observeOutbox = (meters: Meters, { db }: Observed): void => {
  meters.observe(
    {
      ...{ name: 'parasol.outbox.age', kind: 'gauge', unit: 's' },
      description:
        'How long the oldest change waits that caches and other nodes were not told of; 0 without one.',
    },
    async () => {
      const { rows } = await sql<{ age: number | null }>`
        select extract(epoch from clock_timestamp() - min(created_at))::float8 as age from outbox`.execute(db)
      return Math.max(0, rows[0]?.age ?? 0)
    },
  )
  observeQueue(meters, 'outbox', async () => {
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from outbox`.execute(db)
    return rows[0]?.count
  })
  observeQueue(meters, 'cdn_purges', async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from cdn_purges where ended_at is null and due_at <= clock_timestamp()`.execute(
      db,
    )
    return rows[0]?.count
  })
}

/** Of what a held config was replaced by: what is read for the first time may have been released long ago. */
const measureLag = (meters: Meters): ((key: string, before: Held | undefined, now: Held) => void) => {
  const noteLag = measureRevisionLag(meters)
  return (_, before, now) => {
    const released = newestOf(now)
    const earlier = newestOf(before)
    if (!released || !earlier || released.revision <= earlier.revision) return
    noteLag(Date.parse(released.releasedAt))
  }
}

/** A rollout brings a revision before it is the live one. */
const newestOf = (held: Held | undefined) => {
  if (held?.state !== 'released') return undefined
  const { live, candidate } = held.release
  return candidate && candidate.revision > live.revision ? candidate : live
}
