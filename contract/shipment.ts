import { z } from '@hono/zod-openapi'

/**
 * What a gateway counted since its last shipment, sent to the analytics service every few seconds. Between Parasol's own processes: it
 * is neither in the OpenAPI document nor routed from the outside. Readers drop members that they do not know.
 */
export const countsPath = '/internal/v1/counts'

/** Bytes of a shipment at most, as JSON; what is more goes into the next. */
export const shipmentMost = 8 * 1024 * 1024

const count = z.number().int().min(0)

/** What was counted of one app in one minute, as writeTally of the platform wrote it. `appId` is empty for requests of no known app. */
const shippedTally = z.object({
  appId: z.string().max(128),
  minute: z.iso.datetime().regex(/:00(\.000)?Z$/, 'a minute is whole, in UTC'),
  tally: z.base64(),
})

/** Requests by day, for quotas and bills. `refused`: of these, those that limits or missing rights refused. */
const usage = z.object({
  day: z.iso.date(),
  appId: z.string().nullable(),
  keyId: z.string().nullable(),
  routeClass: z.string(),
  requests: count,
  refused: count,
  lastAt: z.iso.datetime(),
})

/**
 * POST: answered 204 once it is stored. One that comes again, with the same sender and number, is answered 204 as well and counts
 * once. 413 beyond 8 MiB, 422 for one that cannot be read: neither becomes right by trying again.
 */
export const shipment = z.object({
  /** Of the process that counted. */
  sender: z.uuid(),
  /** Grows by one with every shipment of a sender. */
  number: count,
  sentAt: z.iso.datetime(),
  tallies: z.array(shippedTally),
  uses: z.array(usage),
  /** Requests since the last shipment that could not be kept, and are in no tally. */
  lost: count,
})

export type ShippedTally = z.infer<typeof shippedTally>
export type Usage = z.infer<typeof usage>
export type Shipment = z.infer<typeof shipment>
