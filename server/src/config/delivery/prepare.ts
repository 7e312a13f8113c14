import type { Attributes, Flag } from '../../../../contract/targeting.ts'
import { type AllowedOrigins, compileOrigins } from '../../platform/http/allowed-origins.ts'
import type { OpenFeatureAnswers } from '../openfeature/answers-of-release.ts'
import { compileTargeting, type OnBroken, type Targeting } from '../targeting/compile-targeting.ts'
import { variesOf } from '../targeting/varies-of.ts'
import type { DeprecatedApis } from './deprecation.ts'
import { type Bytes, bytesOf, createForm, type Form, type Grow, type Lifetimes } from './form.ts'
import type { OutcomeBounds, Outcomes } from './outcomes.ts'
import type { ReleasedSnapshot, ReleaseInSnapshot } from './snapshot.ts'

/** How answers are made, the same for all apps of a process. */
export interface DeliveryRules extends Lifetimes {
  deprecatedApis?: DeprecatedApis | undefined
  /** How often apps ask again that say nothing of it themselves. */
  pollSeconds: number
  /** The header in which a CDN tells the country of a device; absent: none is believed. */
  countryHeader?: string | undefined
  outcomes: OutcomeBounds
  onBrokenRule: OnBroken
}

/** A release as /v2 evaluates it. */
export interface Evaluable {
  revision: number
  releasedAt: string
  said: Pick<
    ReleaseInSnapshot['config'],
    'configVersion' | 'minimumAppVersion' | 'recommendedAppVersion' | 'deprecationDate'
  >
  /** The text of its data, or where it begins in the plain bytes for /v1. */
  data: Bytes | number
  targeting: Targeting | null
  /** How the attributes that it declares are read. */
  attributes: Attributes
  /** As the document has them; also those that are off. */
  flags?: Readonly<Record<string, Flag>>
}

export interface PreparedRelease {
  appId: string
  channel: string
  /** Of the state of the app that it was prepared of. */
  sequence: number
  /** The release before it happened within the same second: then Last-Modified cannot tell the two apart. */
  sharesSecond: boolean
  lastModifiedSeconds: number
  /** What /v1 answers. */
  plain: Form
  live: Evaluable
  /** What a rollout is bringing. */
  candidate?: Evaluable & { rolloutId: number; percent: number }
  pollSeconds: number
  /** The attributes that matter: a device that differs in no other gets the same. */
  varies: readonly string[]
  /** Read by who sends a key alone. */
  needsKey: boolean
  /** Pages of which origins may read it; null: of any. */
  origins: AllowedOrigins | null
  labels: Readonly<Record<string, string>>
  /** What /v2 answers, once it was asked: most apps are read by one version of the API. */
  evaluated?: Evaluated
  /** What clients of OpenFeature get, once one of them asked. */
  openFeature?: OpenFeatureAnswers
  weight: Weight
}

export interface Evaluated {
  /** The places of what matters in the key of a query. */
  wanted: ReadonlyMap<string, number>
  outcomes: Outcomes
  /** The one that texts of queries were answered with last. */
  pollFactor: number
}

/** What a release takes of the memory bound, and whether that is more than when it was weighed last. */
export interface Weight {
  bytes: number
  isHeavier: boolean
  grow: Grow
}

const createWeight = (): Weight => {
  const weight: Weight = {
    bytes: 0,
    isHeavier: false,
    grow(bytes) {
      weight.bytes += bytes
      weight.isHeavier = true
    },
  }
  return weight
}

/** Raised when the same release would be written differently: it is part of every ETag, so caches see the change. */
export const formRevision = 2

/** What stands before the data: `{..., "data":`; all of it is ASCII, or made so by who calls. */
export const headOf = (fields: object): string => `${JSON.stringify(fields).slice(0, -1)},"data":`

/** The data of a release; that of the live one is not kept twice. */
export const dataOf = ({ plain }: PreparedRelease, { data }: Evaluable): Bytes => {
  if (typeof data !== 'number') return data
  return plain.variants.identity.body.subarray(data, -1)
}

/** Prepares a release for /v1 as it is, and its rules for /v2; what /v2 answers, and codings, are made for the first reader. */
export const prepareRelease = (snapshot: ReleasedSnapshot, rules: DeliveryRules): PreparedRelease => {
  const { appId, channel, sequence, revision, releasedAt, sharesSecond, config } = snapshot
  const { configVersion, minimumAppVersion, deprecationDate } = config
  const head = headOf({ configVersion, minimumAppVersion, deprecationDate })
  const body = bytesOf(`${head}${JSON.stringify(config.data)}}`)
  const live = evaluableOf(snapshot, head.length, rules.onBrokenRule)
  const candidate = candidateOf(snapshot, rules.onBrokenRule)
  const varies = variesOf(live, candidate)
  const weight = createWeight()
  const origins = compileOrigins(snapshot.allowedOrigins)
  const given = {
    ...{
      appId,
      channel,
      revision,
      sequence,
      releasedAt,
      deprecationDate,
      tag: `${revision}.${formRevision}`,
    },
    ...{ deprecation: rules.deprecatedApis?.v1, vary: 'Accept-Encoding', origins },
  }
  if (candidate && typeof candidate.data !== 'number') weight.grow(candidate.data.length)
  return {
    ...{ appId, channel, sequence, sharesSecond },
    lastModifiedSeconds: Math.floor(Date.parse(releasedAt) / 1_000),
    plain: createForm(given, body, rules, weight.grow),
    live,
    ...(candidate && { candidate }),
    pollSeconds: snapshot.pollSeconds ?? rules.pollSeconds,
    varies,
    ...{ needsKey: snapshot.access === 'key', origins, labels: snapshot.labels ?? {} },
    weight,
  }
}

const evaluableOf = (
  { revision, releasedAt, config }: ReleaseInSnapshot,
  data: Evaluable['data'],
  onBroken: OnBroken,
): Evaluable => {
  const { configVersion, minimumAppVersion, deprecationDate } = config
  // What version 0.1.0 kept knows no recommended version.
  const recommendedAppVersion = config.recommendedAppVersion ?? null
  const said = { configVersion, minimumAppVersion, recommendedAppVersion, deprecationDate }
  const targeting = compileTargeting(config, onBroken)
  const { flags, attributes = {} } = config
  return { revision, releasedAt, said, data, targeting, attributes, ...(flags && { flags }) }
}

const candidateOf = (
  { candidate }: ReleasedSnapshot,
  onBroken: OnBroken,
): PreparedRelease['candidate'] | undefined => {
  if (!candidate) return undefined
  const { rolloutId, percent } = candidate
  const text = bytesOf(JSON.stringify(candidate.config.data))
  return { ...evaluableOf(candidate, text, onBroken), rolloutId, percent }
}
