import { createHash } from 'node:crypto'
import { readContext } from '../targeting/context.ts'
import { evaluatedForm, type Said } from './evaluated-form.ts'
import type { Form } from './form.ts'
import { type Asked, createOutcomes, type Outcome } from './outcomes.ts'
import type { DeliveryRules, Evaluated, PreparedRelease } from './prepare.ts'
import { keyOfQuery, paramsOfQuery, parseKeys, wantedOf } from './read-query.ts'
import { type Resolved, readFor, resolve } from './resolve.ts'
import { pollFactors } from './watch-load.ts'

/** How a device is answered, whatever it asked for. */
export interface Evaluating {
  rules: DeliveryRules
  /** How much longer than they should apps wait before they ask again, under load. */
  pollFactor: number
}

const evaluatedOf = (release: PreparedRelease, { rules, pollFactor }: Evaluating): Evaluated => {
  const { weight, varies } = release
  release.evaluated ??= {
    wanted: wantedOf(varies),
    outcomes: createOutcomes(rules.outcomes, weight.grow),
    pollFactor,
  }
  const { evaluated } = release
  if (evaluated.pollFactor !== pollFactor) {
    evaluated.pollFactor = pollFactor
    evaluated.outcomes.forgetTexts()
  }
  return evaluated
}

/**
 * What devices got that wrote the same query before, if it says nothing that does not matter: found without reading it. Such a
 * query names no revision and does not wait.
 */
export const recall = (release: PreparedRelease, asked: Asked, evaluating: Evaluating): Form | undefined =>
  // What a CDN tells is not in the text.
  asked.country === null ? evaluatedOf(release, evaluating).outcomes.recall(asked.query)?.form : undefined

/**
 * What a device gets that asked this of /v2: from memory where the part that matters was asked before, by whomever. Throws
 * 400 for parameters that our own code writes wrongly.
 */
export const evaluate = (release: PreparedRelease, asked: Asked, evaluating: Evaluating): Form => {
  const { wanted, outcomes } = evaluatedOf(release, evaluating)
  const { query, country } = asked
  const { key, isBare } = keyOfQuery(query, wanted)
  const queryKey = `${evaluating.pollFactor}${country === null ? '' : `@${country}`}${key}`
  const known = outcomes.get(queryKey, isBare && country === null ? query : undefined)
  return known ? known.form : makeOutcome(release, asked, queryKey, evaluating).form
}

const makeOutcome = (
  release: PreparedRelease,
  asked: Asked,
  queryKey: string,
  evaluating: Evaluating,
): Outcome => {
  const { rules, pollFactor } = evaluating
  const { outcomes } = evaluatedOf(release, evaluating)
  const params = paramsOf(asked)
  const keys = parseKeys(params)
  const { context, warnings } = readFor(release, (attributes) =>
    readContext(params, release.varies, attributes),
  )
  const resolved = resolve(release, context)
  const isTimed = resolved.given.targeting?.isTimed ?? false
  const isPassing = isTimed || pollFactor > 1
  const said: Said = { keys, warnings, pollSeconds: release.pollSeconds * pollFactor, isPassing }
  const outcome = digest(release, resolved, { keys, warnings })
  const keyAt = (factor: number): string => (factor === 1 ? outcome : `${outcome}x${factor}`)
  const siblings = () => pollFactors.flatMap((factor) => outcomes.peek(keyAt(factor))?.form ?? [])
  const key = keyAt(pollFactor)
  return outcomes.keep(isTimed ? null : queryKey, key, asked, (grow) =>
    evaluatedForm(release, resolved, said, { key, rules, grow, siblings }),
  )
}

/** The query of a device, with the country that a CDN told where it does not say one itself. */
const paramsOf = ({ query, country }: Asked): URLSearchParams => {
  const params = paramsOfQuery(query)
  if (country !== null && !params.get('country')) params.set('country', country)
  return params
}

/** What an answer depends on beside the release, in a few characters: it becomes a part of the ETag. */
const digest = (
  release: PreparedRelease,
  resolved: Resolved,
  said: Pick<Said, 'keys' | 'warnings'>,
): string => {
  const { isCandidate, matched, update, flags } = resolved
  const all = JSON.stringify([
    release.varies,
    release.pollSeconds,
    isCandidate,
    matched,
    update,
    flags ?? null,
    said,
  ])
  return createHash('sha256').update(all).digest('base64url').slice(0, 16)
}
