import type { JsonValue } from '../../../../contract/json.ts'
import { corsHeaders } from '../../platform/http/cors.ts'
import { unreadable } from '../targeting/unreadable.ts'
import { type Bytes, bytesOf, createForm, type Form, type Grow } from './form.ts'
import { pickKeys } from './pick-keys.ts'
import { type DeliveryRules, formRevision, headOf, type PreparedRelease } from './prepare.ts'
import { dataObject, dataText, type Resolved } from './resolve.ts'

/** What is said in an answer beside what was resolved. */
export interface Said {
  /** The part of the data that was asked for; null: all of it. */
  keys: readonly string[] | null
  /** Parameters that were given and could not be read. */
  warnings: readonly string[]
  pollSeconds: number
  /** Holds for now alone: a flag asked what time it is, or the wait is that of a node under load. */
  isPassing: boolean
}

interface Making {
  /** What tells this answer from others of the release. */
  key: string
  rules: DeliveryRules
  grow: Grow
  siblings: () => readonly Form[]
}

/** An answer of /v2 or /beta, in the order of fields of the contract. */
export const evaluatedForm = (
  release: PreparedRelease,
  resolved: Resolved,
  said: Said,
  { key, rules, grow, siblings }: Making,
): Form => {
  const { appId, channel, sequence, varies, origins } = release
  const { revision, releasedAt } = resolved.given
  const { deprecationDate } = resolved.given.said
  const given = {
    ...{
      appId,
      channel,
      revision,
      sequence,
      releasedAt,
      deprecationDate,
      deprecation: rules.deprecatedApis?.v2,
    },
    tag: `${revision}.${formRevision}.${key}`,
    vary: varyOf(varies, rules.countryHeader),
    origins,
    further: {
      'no-vary-search': noVarySearch(varies),
      'poll-seconds': String(said.pollSeconds),
      'access-control-expose-headers': `${corsHeaders['access-control-expose-headers']}, Poll-Seconds`,
    },
  }
  const body = joined(headFor(release, resolved, said), partOf(release, resolved, said), tailFor(resolved))
  return { ...createForm(given, body, rules, grow), siblings, isPassing: said.isPassing }
}

const headFor = (
  { appId, channel, varies }: PreparedRelease,
  { given, matched, update }: Resolved,
  { warnings, pollSeconds }: Said,
): string => {
  const { configVersion, minimumAppVersion, recommendedAppVersion, deprecationDate } = given.said
  const names = matched.map((place) => given.targeting?.overrides[place]?.name)
  return headOf({
    ...{ appId, channel, revision: given.revision, configVersion },
    ...{ minimumAppVersion, recommendedAppVersion, deprecationDate },
    ...{ update, publishedAt: given.releasedAt, pollSeconds, varies, overrides: names },
    ...(warnings.length > 0 && { warnings: warnings.map(unreadable) }),
  })
}

const partOf = (release: PreparedRelease, resolved: Resolved, { keys }: Said): Bytes =>
  keys === null
    ? dataText(release, resolved)
    : bytesOf(JSON.stringify(pickKeys(dataObject(release, resolved), keys)))

const tailFor = ({ flags }: Resolved): string => {
  if (!flags) return '}'
  const told: [string, JsonValue][] = Object.entries(flags).map(([key, { value, variant, reason }]) => [
    key,
    { ...(value !== undefined && { value }), ...(variant !== undefined && { variant }), reason },
  ])
  return `,"flags":${JSON.stringify(Object.fromEntries(told))}}`
}

const joined = (head: string, data: Bytes, tail: string): Bytes => {
  const [before, behind] = [Buffer.byteLength(head), Buffer.byteLength(tail)]
  const bytes = Buffer.allocUnsafeSlow(before + data.length + behind)
  bytes.write(head)
  bytes.set(data, before)
  bytes.write(tail, before + data.length)
  return bytes
}

/** The parameters that choose a part or a release matter to every app. */
const noVarySearch = (varies: readonly string[]): string => {
  const names = ['keys', 'revision', 'wait', ...varies].map((name) => `"${name}"`).join(' ')
  return `key-order, params, except=(${names})`
}

const varyOf = (varies: readonly string[], countryHeader: string | undefined): string =>
  countryHeader !== undefined && varies.includes('country')
    ? `Accept-Encoding, ${countryHeader}`
    : 'Accept-Encoding'
