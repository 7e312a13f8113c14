import { corsHeaders } from '../../platform/http/cors.ts'
import { type PreparedHeaders, prepareHeaders } from '../../platform/http/prepared-answer.ts'
import { type DeprecatedApis, deprecationHeaders } from './deprecation.ts'
import { type Coding, codings, compress } from './encodings.ts'
import type { ReleasedSnapshot, ReleaseInSnapshot } from './snapshot.ts'

/** How long clients and CDNs may keep a config, and what is deprecated. */
export interface CachingRules {
  maxAgeSeconds: number
  staleWhileRevalidateSeconds: number
  staleIfErrorSeconds: number
  deprecatedApis?: DeprecatedApis | undefined
}

type Bytes = string | Buffer<ArrayBuffer>

export interface VariantHeaders {
  /** Headers of a 200; the answer adds Cache-Status and X-Request-Id. */
  full: PreparedHeaders
  /** Headers of a 304: those RFC 9110 §15.4.5 wants and what a cache is to learn, because each byte is sent very often. */
  unchanged: PreparedHeaders
}

/** One coding of an answer: its bytes and every header, made once and shared by all requests. */
export interface Variant extends VariantHeaders {
  etag: string
  body: Bytes
  /** For clients that were recognised by a key; made for the first of them. */
  keyed?: VariantHeaders
}

/** One answer of a release, the same for all who get it, in each coding that was asked for. */
export interface Form {
  /** The ETag of its plain bytes, without quotes. */
  tag: string
  releasedAt: string
  /** Headers of this form alone; on a 304 too, because what is deprecated may be told after the body was sent. */
  further: Readonly<Record<string, string>>
  /** Built so far; `null` where compressing does not pay. */
  variants: Partial<Record<Coding, Variant | null>>
  building: Partial<Record<Coding, Promise<void>>>
}

/** A release as /v2 evaluates it; its form is made for the first reader, because most apps are asked by one version. */
export interface Evaluable {
  revision: number
  releasedAt: string
  said: Omit<ReleaseInSnapshot['config'], 'data'>
  /** The text of its data, or where it begins in the plain bytes for /v1. */
  data: Bytes | number
  form?: Form
}

export interface PreparedRelease {
  appId: string
  channel: string
  /** The release before it happened within the same second: then Last-Modified cannot tell the two apart. */
  sharesSecond: boolean
  lastModifiedSeconds: number
  /** What /v1 answers. */
  plain: Form
  live: Evaluable
  /** What a rollout is bringing. */
  candidate?: Evaluable & { rolloutId: number; percent: number }
  /** What it takes of the memory bound. */
  bytes: number
}

/** Raised when the same release would be written differently: it is part of every ETag, so caches see the change. */
const formRevision = 1

const overheadBytes = 2_500

/** ASCII goes to the socket in one write together with the headers, as text; a Buffer would take a second one. */
const compact = (text: string): Bytes => (Buffer.byteLength(text) === text.length ? text : Buffer.from(text))

/** What stands before the data: `{..., "data":`; all of it is ASCII. */
const headOf = (fields: object): string => `${JSON.stringify(fields).slice(0, -1)},"data":`

const joined = (head: string, data: Bytes): Bytes =>
  typeof data === 'string' ? `${head}${data}}` : Buffer.concat([Buffer.from(head), data, Buffer.from('}')])

/** The data of a release; that of the live one is not kept twice. */
const dataOf = ({ plain }: PreparedRelease, { data }: Evaluable): Bytes => {
  if (typeof data !== 'number') return data
  const body = plain.variants.identity?.body ?? ''
  return typeof body === 'string' ? body.slice(data, -1) : body.subarray(data, -1)
}

const nothingFurther: Readonly<Record<string, string>> = {}

const buildVariant = (
  appId: string,
  { tag, releasedAt, further }: Form,
  coding: Coding,
  body: Bytes,
  rules: CachingRules,
): Variant => {
  const exposed = corsHeaders['access-control-expose-headers']
  const etag = coding === 'identity' ? `"${tag}"` : `"${tag}-${coding}"`
  const unchanged = {
    'cache-control': `public, max-age=${rules.maxAgeSeconds}, stale-while-revalidate=${rules.staleWhileRevalidateSeconds}, stale-if-error=${rules.staleIfErrorSeconds}`,
    etag,
    'last-modified': new Date(releasedAt).toUTCString(),
    vary: 'Accept-Encoding',
    ...corsHeaders,
    ...further,
    ...('sunset' in further && { 'access-control-expose-headers': `${exposed}, Deprecation, Sunset` }),
  }
  const tags = `app-${appId}`
  const full = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(body.length),
    ...(coding !== 'identity' && { 'content-encoding': coding }),
    ...unchanged,
    'cache-tag': tags,
    'surrogate-key': tags,
  }
  return { etag, body, full: prepareHeaders(full), unchanged: prepareHeaders(unchanged) }
}

const createForm = (
  appId: string,
  given: Pick<Form, 'tag' | 'releasedAt' | 'further'>,
  body: Bytes,
  rules: CachingRules,
): Form => {
  const form: Form = { ...given, variants: {}, building: {} }
  form.variants.identity = buildVariant(appId, form, 'identity', body, rules)
  return form
}

/** Prepares a release for /v1 as it is; other codings, and /v2, are added for the first reader who wants them. */
export const prepareRelease = (snapshot: ReleasedSnapshot, rules: CachingRules): PreparedRelease => {
  const { appId, channel, revision, releasedAt, sharesSecond, candidate } = snapshot
  const { data, ...said } = snapshot.config
  const { configVersion, minimumAppVersion, deprecationDate } = said
  const head = headOf({ configVersion, minimumAppVersion, deprecationDate })
  const body = compact(`${head}${JSON.stringify(data)}}`)
  const tag = `${revision}.${formRevision}`
  const further = deprecationHeaders(deprecationDate, rules.deprecatedApis?.v1) ?? nothingFurther
  const release: PreparedRelease = {
    appId,
    channel,
    sharesSecond,
    lastModifiedSeconds: Math.floor(Date.parse(releasedAt) / 1_000),
    plain: createForm(appId, { tag, releasedAt, further }, body, rules),
    live: { revision, releasedAt, said, data: head.length },
    bytes: body.length + overheadBytes,
  }
  if (candidate) addCandidate(release, candidate)
  return release
}

const addCandidate = (
  release: PreparedRelease,
  { revision, releasedAt, rolloutId, percent, config }: NonNullable<ReleasedSnapshot['candidate']>,
): void => {
  const { data, ...said } = config
  const text = compact(JSON.stringify(data))
  release.candidate = { revision, releasedAt, said, data: text, rolloutId, percent }
  release.bytes += text.length
}

/** What /v2 and /beta answer where they give this release: made once, for the first who asks. */
export const evaluatedForm = (release: PreparedRelease, given: Evaluable, rules: CachingRules): Form => {
  if (given.form) return given.form
  const { appId, channel } = release
  const { revision, releasedAt } = given
  const { configVersion, minimumAppVersion, deprecationDate } = given.said
  // What version 0.1.0 kept knows no recommended version.
  const recommendedAppVersion = given.said.recommendedAppVersion ?? null
  const varies = release.candidate ? ['bucket'] : []
  const head = headOf({
    ...{ appId, channel, revision, configVersion, minimumAppVersion, recommendedAppVersion, deprecationDate },
    ...{ publishedAt: releasedAt, varies },
  })
  const further = {
    'no-vary-search': varies.length > 0 ? 'params, except=("bucket")' : 'params',
    ...deprecationHeaders(deprecationDate, rules.deprecatedApis?.v2),
  }
  const body = joined(head, dataOf(release, given))
  const tag = `${revision}.${formRevision}${varies.length > 0 ? 'b' : 'e'}`
  given.form = createForm(appId, { tag, releasedAt, further }, body, rules)
  release.bytes += body.length + overheadBytes
  return given.form
}

/** The headers of a variant for a client that was recognised by a key: no cache may give its answer to another one. */
export const keyedHeaders = (release: PreparedRelease, variant: Variant): VariantHeaders => {
  if (variant.keyed) return variant.keyed
  variant.keyed = { full: forOneClient(variant.full), unchanged: forOneClient(variant.unchanged) }
  release.bytes += overheadBytes
  return variant.keyed
}

const forOneClient = ({ fields }: PreparedHeaders): PreparedHeaders =>
  prepareHeaders({
    ...fields,
    'cache-control': `${fields['cache-control']}`.replace(/^public/, 'private'),
    vary: `${fields.vary}, Authorization, X-API-Key`,
  })

/** The best variant for these codings that is built; undefined when a better one must be built first. */
export const readyVariant = (form: Form, accepted: readonly Coding[]): Variant | undefined => {
  for (const coding of accepted) {
    const variant = form.variants[coding]
    if (variant) return variant
    if (variant === undefined) return undefined
  }
  return form.variants.identity ?? undefined
}

/** Builds the codings still missing on the way to the best one: once a release, shared by all who wait for it. */
export const buildVariants = async (
  release: PreparedRelease,
  form: Form,
  accepted: readonly Coding[],
  rules: CachingRules,
): Promise<void> => {
  for (const coding of accepted) {
    if (coding === 'identity' || form.variants[coding]) return
    if (form.variants[coding] === null) continue
    form.building[coding] ??= buildCoding(release, form, coding, rules).finally(
      () => delete form.building[coding],
    )
    await form.building[coding]
    if (form.variants[coding]) return
  }
}

const buildCoding = async (
  release: PreparedRelease,
  form: Form,
  coding: Exclude<Coding, 'identity'>,
  rules: CachingRules,
): Promise<void> => {
  const identity = form.variants.identity?.body ?? ''
  const bytes = typeof identity === 'string' ? Buffer.from(identity) : identity
  // Where compressing fails, a reader is better served with the plain bytes than with an error.
  const compressed = await compress(coding, bytes).catch(() => undefined)
  form.variants[coding] = compressed ? buildVariant(release.appId, form, coding, compressed, rules) : null
  release.bytes += compressed ? compressed.byteLength + overheadBytes : 0
}

/** Builds at once what readers have asked of the release before this one, before they ask again. */
export const buildLike = async (
  release: PreparedRelease,
  before: PreparedRelease,
  rules: CachingRules,
): Promise<void> => {
  const build = async (form: Form, like: Form): Promise<void> => {
    const built = codings.filter((coding) => like.variants[coding] !== undefined)
    for (const coding of built) await buildVariants(release, form, [coding], rules)
  }
  await build(release.plain, before.plain)
  const evaluated = before.live.form ?? before.candidate?.form
  if (!evaluated) return
  for (const given of [release.live, release.candidate]) {
    if (given) await build(evaluatedForm(release, given, rules), evaluated)
  }
}
