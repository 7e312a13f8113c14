import { tagOf } from '../../../../contract/cache-tags.ts'
import type { AllowedOrigins } from '../../platform/http/allowed-origins.ts'
import { corsHeaders, exposedHeaders } from '../../platform/http/cors.ts'
import { type PreparedHeaders, prepareHeaders } from '../../platform/http/prepared-answer.ts'
import { publicSecurity } from '../../platform/http/security-headers.ts'
import { type Deprecation, deprecationHeaders } from './deprecation.ts'
import { edgeControl, edgeControlKeptBy, yearSeconds } from './edge-control.ts'
import { type Coding, compress } from './encodings.ts'

/** How long clients and CDNs may keep a config. */
export interface Lifetimes {
  maxAgeSeconds: number
  staleWhileRevalidateSeconds: number
  staleIfErrorSeconds: number
  /** Tells the edge cache of a gateway in another process how long it may keep an answer. */
  tellsEdge?: boolean | undefined
}

export type Bytes = Buffer<ArrayBuffer>

export interface VariantHeaders {
  /** Headers of a 200; the answer adds Cache-Status and X-Request-Id. */
  full: PreparedHeaders
  /** Headers of a 304: those RFC 9110 §15.4.5 wants and what a cache is to learn, because each byte is sent very often. */
  unchanged: PreparedHeaders
}

/** Who may keep an answer, and for how long: anybody for a while; anybody for a year; one client for either; nobody. */
export type Keeping = 'shared' | 'exact' | 'keyed' | 'keyedExact' | 'none'

/** One coding of an answer: its bytes and every header, made once and shared by all requests. */
export interface Variant {
  etag: string
  body: Bytes
  shared: VariantHeaders
  /** The other headers, each made for the first who needs them. */
  others: Partial<Record<Exclude<Keeping, 'shared'>, VariantHeaders>>
}

/** One answer of a release, the same for all who get it, in each coding that was asked for. */
export interface Form {
  /** The release whose config it is. */
  revision: number
  /** Its release may answer otherwise later, or elsewhere: never to be kept for a year. */
  isPassing?: boolean
  /** Built so far; `null` where compressing does not pay. */
  variants: { identity: Variant } & Partial<Record<Coding, Variant | null>>
  building: Partial<Record<Coding, Promise<void>>>
  /** The plain bytes in a coding, with their headers. */
  dress: (coding: Coding, body: Bytes) => Variant
  grow: Grow
  /** The same for devices that were told another wait: who holds one of these holds what is live. */
  siblings?: () => readonly Form[]
  retagged?: Map<string, PreparedHeaders>
  /** Headers as pages of some origins get them, where the app names who may read. */
  byOrigin?: Map<PreparedHeaders, Map<string, PreparedHeaders>>
}

/** Counts bytes that an answer came to take, or gave back. */
export type Grow = (bytes: number) => void

/** What the headers of a form are made of. */
export interface FormGiven {
  appId: string
  revision: number
  /** Of the state of the app that this is an answer of, and the channel that it is live on. */
  sequence: number
  channel: string
  /** The ETag of its plain bytes, without quotes. */
  tag: string
  /** Answers with one tag may differ in what no client minds. */
  isWeak?: true
  releasedAt: string
  deprecationDate: string | null
  /** Of the version of the API that this is an answer of. */
  deprecation: Deprecation | undefined
  vary: string
  /** Pages of which origins may read it; null: of any. */
  origins: AllowedOrigins | null
  /** Headers of this form alone. */
  further?: Readonly<Record<string, string>>
}

export const overheadBytes = 2_500

/** In memory of their own: a small Buffer that is kept would else keep the whole slab that Node cuts such from. */
export const bytesOf = (text: string): Bytes => {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}

export const createForm = (given: FormGiven, body: Bytes, lifetimes: Lifetimes, grow: Grow): Form => {
  const unchangedFields = headersOf(given, lifetimes)
  const dress = (coding: Coding, coded: Bytes): Variant => dressVariant(given, unchangedFields, coding, coded)
  grow(body.length + overheadBytes)
  return {
    revision: given.revision,
    variants: { identity: dress('identity', body) },
    building: {},
    dress,
    grow,
  }
}

/** Also those on a 304: what is deprecated may be told after the body was sent. */
const headersOf = (given: FormGiven, lifetimes: Lifetimes): Record<string, string> => {
  const { maxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds } = lifetimes
  const deprecated = deprecationHeaders(given.deprecationDate, given.deprecation)
  const { origins } = given
  const headers = { ...(origins ? exposedHeaders : corsHeaders), ...given.further }
  const exposed = headers['access-control-expose-headers']
  return {
    'cache-control': `public, max-age=${maxAgeSeconds}, stale-while-revalidate=${staleWhileRevalidateSeconds}, stale-if-error=${staleIfErrorSeconds}`,
    'last-modified': new Date(given.releasedAt).toUTCString(),
    vary: origins ? `${given.vary}, Origin` : given.vary,
    ...(lifetimes.tellsEdge && edgeControl(lifetimes, given)),
    ...headers,
    ...deprecated,
    ...(deprecated && { 'access-control-expose-headers': `${exposed}, Deprecation, Sunset` }),
  }
}

const dressVariant = (
  { appId, tag: plainTag, isWeak, origins }: FormGiven,
  fields: Record<string, string>,
  coding: Coding,
  body: Bytes,
): Variant => {
  const tag = origins ? `${plainTag}.${origins.tag}` : plainTag
  const strong = coding === 'identity' ? `"${tag}"` : `"${tag}-${coding}"`
  const etag = isWeak ? `W/${strong}` : strong
  const { 'cache-control': cacheControl = '', ...others } = fields
  const unchanged = { 'cache-control': cacheControl, etag, ...others }
  const tags = tagOf(appId)
  const full = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(body.length),
    ...(coding !== 'identity' && { 'content-encoding': coding }),
    ...unchanged,
    'cache-tag': tags,
    'surrogate-key': tags,
    ...publicSecurity,
  }
  return {
    etag,
    body,
    shared: { full: prepareHeaders(full), unchanged: prepareHeaders(unchanged) },
    others: {},
  }
}

/** The headers of a variant for who may keep it. */
export const headersFor = (form: Form, variant: Variant, keeping: Keeping): VariantHeaders => {
  if (keeping === 'shared') return variant.shared
  const made = variant.others[keeping]
  if (made) return made
  const { full, unchanged } = variant.shared
  const headers = { full: keptBy(full, keeping), unchanged: keptBy(unchanged, keeping) }
  variant.others[keeping] = headers
  form.grow(overheadBytes)
  return headers
}

/** What was given to a key is given by no cache to another; what names its revision never changes. */
const keptBy = ({ fields }: PreparedHeaders, keeping: Keeping): PreparedHeaders => {
  const edge = edgeControlKeptBy(fields, keeping)
  if (keeping === 'none') return prepareHeaders({ ...edge, 'cache-control': 'private, no-store' })
  const isKeyed = keeping !== 'exact'
  const who = isKeyed ? 'private' : 'public'
  const lasting = keeping === 'keyed' ? `${fields['cache-control']}`.replace(/^public, /, '') : exactly
  return prepareHeaders({
    ...edge,
    'cache-control': `${who}, ${lasting}`,
    ...(isKeyed && { vary: `${fields.vary}, Authorization, X-API-Key` }),
  })
}

const exactly = `max-age=${yearSeconds}, immutable`

/** The headers of a 304 to who holds this variant; of a sibling's too, with all that has changed since, as the wait. */
export const unchangedAs = (
  form: Form,
  { unchanged }: VariantHeaders,
  { etag }: Variant,
  keeping: Keeping,
): PreparedHeaders => {
  if (unchanged.fields.etag === etag) return unchanged
  form.retagged ??= new Map()
  const name = `${keeping} ${etag}`
  const made = form.retagged.get(name)
  if (made) return made
  const headers = prepareHeaders({ ...unchanged.fields, etag })
  form.retagged.set(name, headers)
  form.grow(overheadBytes)
  return headers
}

/** The best variant for these codings that is built; undefined when a better one must be built first. */
export const readyVariant = (form: Form, accepted: readonly Coding[]): Variant | undefined => {
  for (const coding of accepted) {
    const variant = form.variants[coding]
    if (variant) return variant
    if (variant === undefined) return undefined
  }
  return form.variants.identity
}

/** Builds the codings still missing on the way to the best one: once a form, shared by all who wait for it. */
export const buildVariants = async (form: Form, accepted: readonly Coding[]): Promise<void> => {
  for (const coding of accepted) {
    if (coding === 'identity' || form.variants[coding]) return
    if (form.variants[coding] === null) continue
    form.building[coding] ??= buildCoding(form, coding).finally(() => delete form.building[coding])
    await form.building[coding]
    if (form.variants[coding]) return
  }
}

const buildCoding = async (form: Form, coding: Exclude<Coding, 'identity'>): Promise<void> => {
  // Where compressing fails, a reader is better served with the plain bytes than with an error.
  const compressed = await compress(coding, form.variants.identity.body).catch(() => undefined)
  form.variants[coding] = compressed ? form.dress(coding, compressed) : null
  if (compressed) form.grow(compressed.byteLength + overheadBytes)
}
