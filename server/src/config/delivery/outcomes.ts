import type { Form, Grow } from './form.ts'
import { rememberQueries } from './queries.ts'

/** What the answers of one release may take of memory, in bytes. */
export interface OutcomeBounds {
  /** Answers with their codings; one is kept whatever it takes. */
  formBytes: number
  /** Queries whose answer is known: twice this at most by what matters in them, and as much again as they are written. */
  queryBytes: number
}

/** One answer that a release gives, to all devices whose context leads to it. */
export interface Outcome {
  form: Form
  /** A query that led to it, and the country that a CDN told. */
  sample: Asked
}

/** What a device said: its query, and its country where a CDN told it. */
export interface Asked {
  query: string
  country: string | null
}

const nothingAsked: Asked = { query: '', country: null }

/** An outcome, as long as it has its form. */
interface Kept {
  key: string
  sample: Asked
  form: Form | null
  bytes: number
  isUsed: boolean
}

/** The answers of one release: by what was asked, and by what came out, which is far less. */
export interface Outcomes {
  /** The answer to a query that asked the same before; from now on known by this text too, where one is given. */
  get(queryKey: string, text?: string): Outcome | undefined
  /** The answer known by a text. */
  recall(text: string): Outcome | undefined
  /** For when texts come to mean something else. */
  forgetTexts(): void
  /** What came out, whatever was asked for it. */
  peek(key: string): Outcome | undefined
  /** The answer of this outcome, made unless it is there; from now on known for this query too (null: for none). */
  keep(queryKey: string | null, key: string, sample: Asked, make: (grow: Grow) => Form): Outcome
  /** Those that came last, the latest first. */
  latest(most: number): Outcome[]
}

/**
 * Bounded by bytes whatever is asked. Answers leave in the order of CLOCK: the oldest that was not asked for since it was
 * looked at.
 */
export const createOutcomes = ({ formBytes, queryBytes }: OutcomeBounds, grow: Grow): Outcomes => {
  const kept = new Map<string, Kept>()
  let keptBytes = 0
  const byText = rememberQueries<Kept>(queryBytes, grow)
  const byQuery = rememberQueries<Kept>(queryBytes, grow)

  const evict = (but: Kept): void => {
    for (const outcome of kept.values()) {
      if (keptBytes <= formBytes) return
      if (outcome === but) continue
      kept.delete(outcome.key)
      if (outcome.isUsed) {
        outcome.isUsed = false
        kept.set(outcome.key, outcome)
        continue
      }
      // Queries that led to it may still be known, and hold it: nothing that a stranger wrote may stay with it.
      outcome.form = null
      outcome.sample = nothingAsked
      keptBytes -= outcome.bytes
      grow(-outcome.bytes)
    }
  }

  const create = (key: string, sample: Asked, make: (grow: Grow) => Form): Kept & Outcome => {
    const count = (bytes: number): void => {
      outcome.bytes += bytes
      if (kept.get(key) !== outcome) return
      keptBytes += bytes
      grow(bytes)
    }
    const outcome = { key, sample, form: null as Form | null, bytes: 0, isUsed: false }
    count(sample.query.length)
    const made = Object.assign(outcome, { form: make(count) })
    kept.set(key, made)
    keptBytes += made.bytes
    grow(made.bytes)
    evict(made)
    return made
  }

  const use = (outcome: Kept | undefined): (Kept & Outcome) | undefined => {
    if (!outcome || !isWhole(outcome)) return undefined
    outcome.isUsed = true
    return outcome
  }

  return {
    get(queryKey, text) {
      const outcome = use(byQuery.get(queryKey))
      if (outcome && text !== undefined) byText.set(text, outcome)
      return outcome
    },
    recall: (text) => use(byText.get(text)),
    forgetTexts: byText.clear,
    peek: (key) => wholeOr(kept.get(key)),
    keep(queryKey, key, sample, make) {
      const outcome = wholeOr(kept.get(key)) ?? create(key, sample, make)
      outcome.isUsed = true
      if (queryKey !== null) byQuery.set(queryKey, outcome)
      return outcome
    },
    latest: (most) => [...kept.values()].filter(isWhole).slice(-most).reverse(),
  }
}

const isWhole = (outcome: Kept): outcome is Kept & Outcome => outcome.form !== null

const wholeOr = (outcome: Kept | undefined): (Kept & Outcome) | undefined =>
  outcome && isWhole(outcome) ? outcome : undefined
