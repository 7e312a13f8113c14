import { randomUUID } from 'node:crypto'
import type { Hono } from 'hono'
import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { logFault } from '../../platform/http/observe.ts'
import type { ClientKeys } from '../../platform/keys/client-keys.ts'
import { logRarely } from '../../platform/log/log-rarely.ts'
import type { Log } from '../../platform/log/open-log.ts'
import { countUsage } from './count-usage.ts'
import { forgetEventsHourly } from './forget-events.ts'
import { holdBytes } from './hold-bytes.ts'
import { createKnownApps } from './known-apps.ts'
import { createStoreEvents, type StoreEvents } from './store-events.ts'
import { addEventIntake } from './take-events.ts'
import { type Alongside, createWriteEvents } from './write-events.ts'

const dayMs = 86_400_000
/** Of bodies that arrive or wait: with what is made of them, a few times as much. */
const heldBytesMost = 64 * 1024 * 1024
/** Whoever was offline for longer has other news. */
const oldMostDays = 7

/** What takes the events of apps. */
export interface Events {
  /** How many events wait to be stored. */
  waiting: StoreEvents['waiting']
  close(): Promise<void>
}

/** Opens the way of events, from the request of an app to the disk, and routes it. */
export const openEvents = (
  service: Hono,
  options: {
    db: Kysely<Tables>
    clientKeys: ClientKeys
    log: Log
    /** Days that events are kept. */
    eventsDays: number
    /** Written in the transaction of the events. */
    alongside?: Alongside
  },
): Events => {
  const { db, clientKeys, log, eventsDays, alongside } = options
  const warn = logRarely<string>(10_000, (what, err, leftOut) => log.warn({ err, leftOut }, what))
  const sender = randomUUID()
  const usage = countUsage({ db, sender, onError: (err) => warn('event usage was not noted', err) })
  const storing = createStoreEvents({ write: createWriteEvents({ db, sender, alongside }) })
  const forgetting = forgetEventsHourly({
    ...{ db, keptDays: eventsDays },
    onError: (err) => warn('old events were not dropped; it is tried again', err),
  })
  addEventIntake(service, {
    apps: createKnownApps({ db, sender, onError: (err) => warn('apps were not looked up', err) }),
    ...{ clientKeys, usage, store: storing.store, hold: holdBytes(heldBytesMost) },
    oldMostMs: Math.min(oldMostDays, eventsDays) * dayMs,
    onFault: logFault(log),
  })
  return {
    waiting: storing.waiting,
    async close() {
      await storing.close()
      await usage.close()
      await forgetting.close()
    },
  }
}
