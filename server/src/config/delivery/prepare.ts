import { corsHeaders } from '../../platform/http/cors.ts'
import { type PreparedHeaders, prepareHeaders } from '../../platform/http/prepared-answer.ts'
import { type Coding, codings, compress } from './encodings.ts'
import type { ReleasedSnapshot } from './snapshot.ts'

/** How long clients and CDNs may keep a config. */
export interface CachingRules {
  maxAgeSeconds: number
  staleWhileRevalidateSeconds: number
  staleIfErrorSeconds: number
}

/** One coding of a release: its bytes and every header of its answers, made once and shared by all requests. */
export interface Variant {
  etag: string
  body: string | Buffer<ArrayBuffer>
  bytes: number
  /** Headers of a 200; the answer adds Cache-Status and X-Request-Id. */
  full: PreparedHeaders
  /** Headers of a 304: those RFC 9110 §15.4.5 wants and no more, because every byte of it is sent very often. */
  unchanged: PreparedHeaders
}

/** What stays known of a release once its config has become bytes. */
type ReleaseFacts = Omit<ReleasedSnapshot, 'config' | 'candidate'>

export interface PreparedRelease {
  facts: ReleaseFacts
  lastModifiedSeconds: number
  /** Built so far; `null` where compressing does not pay. */
  variants: Partial<Record<Coding, Variant | null>>
  building: Partial<Record<Coding, Promise<void>>>
  /** What it takes of the memory bound. */
  bytes: number
}

/** Raised when the same release would be written differently: it is part of every ETag, so caches see the change. */
const formRevision = 1

const overheadBytes = 2_500
/** One character a byte: then the text is ASCII, since anything else takes more bytes in UTF-8. */
const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length

export const etagOf = (revision: number, coding: Coding): string =>
  coding === 'identity' ? `"${revision}.${formRevision}"` : `"${revision}.${formRevision}-${coding}"`

const buildVariant = (
  facts: ReleaseFacts,
  rules: CachingRules,
  coding: Coding,
  body: string | Buffer<ArrayBuffer>,
  bytes: number,
): Variant => {
  const etag = etagOf(facts.revision, coding)
  const unchanged = {
    'cache-control': `public, max-age=${rules.maxAgeSeconds}, stale-while-revalidate=${rules.staleWhileRevalidateSeconds}, stale-if-error=${rules.staleIfErrorSeconds}`,
    etag,
    'last-modified': new Date(facts.releasedAt).toUTCString(),
    vary: 'Accept-Encoding',
    ...corsHeaders,
  }
  const tags = `app-${facts.appId}`
  const full = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(bytes),
    ...(coding !== 'identity' && { 'content-encoding': coding }),
    ...unchanged,
    'cache-tag': tags,
    'surrogate-key': tags,
  }
  return { etag, body, bytes, full: prepareHeaders(full), unchanged: prepareHeaders(unchanged) }
}

/** The bytes of an answer in the contract's order of fields. */
const bodyOf = ({ config }: ReleasedSnapshot): string =>
  JSON.stringify({
    configVersion: config.configVersion,
    minimumAppVersion: config.minimumAppVersion,
    deprecationDate: config.deprecationDate,
    data: config.data,
  })

/** Prepares a release for serving as it is; other codings are added by the first reader who wants them. */
export const prepareRelease = (snapshot: ReleasedSnapshot, rules: CachingRules): PreparedRelease => {
  const text = bodyOf(snapshot)
  // An ASCII string goes to the socket in one write together with the headers; a Buffer would take a second one.
  const ascii = isAscii(text)
  const body = ascii ? text : Buffer.from(text)
  const bytes = ascii ? text.length : body.length
  const { config: _, candidate: __, ...facts } = snapshot
  return {
    facts,
    lastModifiedSeconds: Math.floor(Date.parse(snapshot.releasedAt) / 1_000),
    variants: { identity: buildVariant(facts, rules, 'identity', body, bytes) },
    building: {},
    bytes: bytes + overheadBytes,
  }
}

/** The best variant for these codings that is built; undefined when a better one must be built first. */
export const readyVariant = (release: PreparedRelease, accepted: readonly Coding[]): Variant | undefined => {
  for (const coding of accepted) {
    const variant = release.variants[coding]
    if (variant) return variant
    if (variant === undefined) return undefined
  }
  return release.variants.identity ?? undefined
}

/** Builds the codings still missing on the way to the best one: once a release, shared by all who wait for it. */
export const buildVariants = async (
  release: PreparedRelease,
  accepted: readonly Coding[],
  rules: CachingRules,
): Promise<void> => {
  for (const coding of accepted) {
    if (coding === 'identity' || release.variants[coding]) return
    if (release.variants[coding] === null) continue
    release.building[coding] ??= buildCoding(release, coding, rules).finally(
      () => delete release.building[coding],
    )
    await release.building[coding]
    if (release.variants[coding]) return
  }
}

const buildCoding = async (
  release: PreparedRelease,
  coding: Exclude<Coding, 'identity'>,
  rules: CachingRules,
): Promise<void> => {
  const identity = release.variants.identity?.body ?? ''
  const bytes = typeof identity === 'string' ? Buffer.from(identity) : identity
  // Where compressing fails, a reader is better served with the plain bytes than with an error.
  const compressed = await compress(coding, bytes).catch(() => undefined)
  release.variants[coding] = compressed
    ? buildVariant(release.facts, rules, coding, compressed, compressed.byteLength)
    : null
  release.bytes += compressed ? compressed.byteLength + overheadBytes : 0
}

/** The codings readers of this release have asked for: its successor is built with them at once, before it is asked for. */
export const builtCodings = (release: PreparedRelease): Coding[] =>
  codings.filter((coding) => release.variants[coding] !== undefined)
