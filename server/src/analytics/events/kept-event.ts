export type PropertyValue = string | number | boolean

/** An event as it is kept: checked, and with its time put right. What was not told is null. */
export interface KeptEvent {
  appId: string
  eventId: string
  /** Milliseconds since 1970, as the id tells: its day (UTC) is that of the event's partition, whatever else changes. */
  madeAt: number
  name: string
  /** Milliseconds since 1970, by the server's clock. */
  at: number
  revision: number | null
  configVersion: string | null
  platform: string | null
  appVersion: string | null
  bucket: number | null
  properties: Readonly<Record<string, PropertyValue>> | null
}

/** How an operator bounds what is told apart of the events of an app, and how many it may send in a day. */
export type { EventLimits } from '../../../../contract/event-limits.ts'
