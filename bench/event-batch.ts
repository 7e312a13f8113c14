import { randomBytes } from 'node:crypto'

const names = ['config_applied', 'screen_view', 'app_error', 'checkout', 'session_start']
const screens = ['home', 'search', 'basket', 'profile']
const idLength = 36

const eventOf = (eventId: string, n: number) => ({
  eventId,
  name: names[n % names.length],
  at: new Date().toISOString(),
  revision: 42,
  configVersion: '1.4.0',
  platform: n % 3 === 0 ? 'android' : 'ios',
  appVersion: n % 5 === 0 ? '2.4.0' : '2.4.1',
  bucket: Math.floor(Math.random() * 10_000),
  properties: { screen: screens[n % screens.length], source: 'push', durationMs: (n % 40) * 5 },
})

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

/** A UUID of version 7 made now; `n` tells it from all others of this run. */
export const newEventId = (n: number): string => {
  const at = hex(Date.now(), 12)
  const random = randomBytes(4).toString('hex')
  return `${at.slice(0, 8)}-${at.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${hex(n, 12)}`
}

/** A request that sends so many events of an app, made once; before it is sent again its ids are written anew. */
export interface EventRequest {
  bytes: Buffer
  renew(): void
}

let drawn = 0

/** Events as apps send them, about 250 bytes each. */
export const makeEventRequest = (appId: string, host: string, size: number): EventRequest => {
  const placeholder = '0'.repeat(idLength)
  const events = Array.from({ length: size }, (_, n) => eventOf(placeholder, n))
  const body = JSON.stringify({ events, sentAt: new Date().toISOString() })
  const head = `POST /v1/api/analytics/${appId}/events HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
  const bytes = Buffer.from(head + body)
  const places: number[] = []
  for (let at = bytes.indexOf(placeholder); at >= 0; at = bytes.indexOf(placeholder, at + idLength)) {
    places.push(at)
  }
  return {
    bytes,
    renew() {
      const start = newEventId(0).slice(0, -8)
      for (const place of places) {
        drawn += 1
        bytes.write(start + hex(drawn, 8), place, 'latin1')
      }
    },
  }
}

/** The rows of so many such events, as COPY takes them. */
export const eventRows = (appId: string, count: number): string => {
  const now = new Date().toISOString()
  let rows = ''
  for (let n = 0; n < count; n += 1) {
    drawn += 1
    const event = eventOf(newEventId(drawn), n)
    rows += `${[
      ...[event.eventId, event.at, now, event.revision, now.slice(0, 10), event.bucket, appId, event.name],
      ...[event.configVersion, event.platform, event.appVersion, JSON.stringify(event.properties)],
    ].join('\t')}\n`
  }
  return rows
}
