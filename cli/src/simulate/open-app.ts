import type { Device } from './make-fleet.ts'

/** What a device keeps between two times that the app is opened. */
export interface Kept {
  etag: string
  revision: number
  configVersion: string
  timeoutMs: number
}

/** What the simulated fleet did, in numbers. */
export interface Tally {
  fetches: number
  unchanged: number
  failedFetches: number
  events: number
  errors: number
}

/** Where an app asks and tells. */
export interface Server {
  url: string
  appId: string
}

const requestMs = 10_000
/** Errors of the app itself, whatever its config says. */
const ownErrors = 0.01

/**
 * One opening of the app: it asks for its config, uses it, and tells what happened. A call over its network that takes longer than
 * the config's `checkout.timeoutMs` is an error of the app. Returns what the device keeps; without an answer what it had.
 */
export const openApp = async (
  server: Server,
  device: Device,
  kept: Kept | undefined,
  { tally, draw }: { tally: Tally; draw: () => number },
): Promise<Kept | undefined> => {
  const now = await fetchConfig(server, device, kept, tally)
  if (!now) return kept
  const hasFailed = draw() < ownErrors || device.networkMs > now.timeoutMs
  const names = [
    ...(now.revision === kept?.revision ? [] : ['config_applied']),
    'session_start',
    ...(hasFailed ? ['app_error'] : ['checkout']),
  ]
  tally.errors += hasFailed ? 1 : 0
  await tell(server, device, { now, names }, tally)
  return now
}

const fetchConfig = async (
  { url, appId }: Server,
  { bucket, platform, appVersion, country }: Device,
  kept: Kept | undefined,
  tally: Tally,
): Promise<Kept | undefined> => {
  const asked = new URLSearchParams({ platform, appVersion, country, bucket: String(bucket) })
  const answer = await fetch(`${url}/v2/api/config/${appId}?${asked}`, {
    ...(kept && { headers: { 'if-none-match': kept.etag } }),
    signal: AbortSignal.timeout(requestMs),
  }).catch(() => undefined)
  tally.fetches += 1
  if (answer?.status === 304) {
    tally.unchanged += 1
    return kept
  }
  if (!answer?.ok) {
    tally.failedFetches += 1
    await answer?.body?.cancel()
    return undefined
  }
  const config = (await answer.json()) as {
    revision: number
    configVersion: string
    data: { checkout?: { timeoutMs?: number } }
  }
  return {
    etag: answer.headers.get('etag') ?? '',
    revision: config.revision,
    configVersion: config.configVersion,
    timeoutMs: config.data.checkout?.timeoutMs ?? Number.POSITIVE_INFINITY,
  }
}

const tell = async (
  { url, appId }: Server,
  { bucket, platform, appVersion }: Device,
  { now: { revision, configVersion }, names }: { now: Kept; names: readonly string[] },
  tally: Tally,
): Promise<void> => {
  const at = new Date().toISOString()
  const common = { at, revision, configVersion, platform, appVersion, bucket }
  const events = names.map((name) => ({ eventId: eventIdNow(), name, ...common }))
  const answer = await fetch(`${url}/v1/api/analytics/${appId}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sentAt: at, events }),
    signal: AbortSignal.timeout(requestMs),
  }).catch(() => undefined)
  await answer?.body?.cancel()
  if (answer?.ok) tally.events += events.length
}

/** A UUIDv7 (RFC 9562 §5.7): the time in ms, then what is random. */
const eventIdNow = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, Math.floor(Date.now() / 65_536))
  view.setUint16(4, Date.now() % 65_536)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
