import { createHash } from 'node:crypto'
import { bytesOf, createForm, type Form } from '../delivery/form.ts'
import { type DeliveryRules, formRevision, type PreparedRelease } from '../delivery/prepare.ts'
import type { Resolved } from '../delivery/resolve.ts'
import { evaluatingOf } from './answers-of-release.ts'
import { evaluateKey, metadataOf, ownerOf } from './evaluate-key.ts'

/** What is said beside the flags. */
export interface Aside {
  /** Attributes that were given and could not be read. */
  warnings: readonly string[]
  /** Where changes are told, by path and query; it may hold the key of the client. */
  stream: string
}

/**
 * All flags for what was resolved, in one answer shared by all devices that it fits. Its ETag says all that flags depend on: the
 * release and what the context leads to. It is weak, since from where on a stream tells of changes is no part of that.
 */
export const evaluateAll = (
  release: PreparedRelease,
  resolved: Resolved,
  aside: Aside,
  rules: DeliveryRules,
): Form => {
  const { outcomes } = evaluatingOf(release, rules)
  const outcome = digest(release, resolved, aside)
  const sample = { query: '', country: null }
  return outcomes.keep(null, `${outcome} ${aside.stream}`, sample, (grow) => {
    const { revision, releasedAt, said } = resolved.given
    const given = {
      ...{ appId: release.appId, revision, releasedAt, deprecationDate: said.deprecationDate },
      ...{ deprecation: rules.deprecatedApis?.v2, tag: `${revision}.${formRevision}.${outcome}` },
      // No cache keeps the answer to a POST, and none should.
      ...{ isWeak: true as const, vary: 'Accept-Encoding', further: { 'cache-control': 'no-store' } },
      ...{ sequence: release.sequence, channel: release.channel, origins: release.origins },
    }
    return createForm(given, bytesOf(bodyFor(release, resolved, aside, rules)), rules, grow)
  }).form
}

const bodyFor = (
  release: PreparedRelease,
  resolved: Resolved,
  { warnings, stream }: Aside,
  rules: DeliveryRules,
): string => {
  const { keys } = evaluatingOf(release, rules)
  // Without the revision: providers take a flag of which anything differs for one that has changed.
  const owner = ownerOf(release)
  return JSON.stringify({
    flags: keys.flatMap((key) => evaluateKey(release, resolved, rules, key, owner) ?? []),
    metadata: metadataOf(release, resolved, warnings),
    eventStreams: [{ type: 'sse', endpoint: { requestUri: stream } }],
  })
}

/** What came out, in a few characters. Within a release the variant of a flag tells its value. */
const digest = (release: PreparedRelease, resolved: Resolved, { warnings }: Aside): string => {
  const { isCandidate, matched, flags = {} } = resolved
  const told = Object.values(flags).map(({ variant, reason, errorCode }) => [variant, reason, errorCode])
  const all = JSON.stringify([release.candidate?.revision, isCandidate, matched, told, warnings])
  return createHash('sha256').update(all).digest('base64url').slice(0, 16)
}
