import type { Form, Grow } from './form.ts'

/** What the answers of one release may take of memory, in bytes. */
export interface OutcomeBounds {
  /** Answers with their codings; one is kept whatever it takes. */
  formBytes: number
  /** Queries whose answer is known: twice this, at most. */
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
  /** The answer to a query that was asked before. */
  get(queryKey: string): Outcome | undefined
  /** What came out, whatever was asked for it. */
  peek(key: string): Outcome | undefined
  /** The answer of this outcome, made unless it is there; from now on known for this query too (null: for none). */
  keep(queryKey: string | null, key: string, sample: Asked, make: (grow: Grow) => Form): Outcome
  /** Those that came last, the latest first. */
  latest(most: number): Outcome[]
}

const queryOverheadBytes = 96
/** A query longer than any app's is answered, but not remembered. */
const queryLengthMost = 1_000

/**
 * Bounded by bytes whatever is asked. Queries live in two generations, of which the older is forgotten as a whole: this costs
 * a read nothing. Answers leave in the order of CLOCK: the oldest that was not asked for since it was looked at.
 */
export const createOutcomes = ({ formBytes, queryBytes }: OutcomeBounds, grow: Grow): Outcomes => {
  const kept = new Map<string, Kept>()
  let keptBytes = 0
  let young = new Map<string, Kept>()
  let old = new Map<string, Kept>()
  let [youngBytes, oldBytes] = [0, 0]

  const remember = (queryKey: string, outcome: Kept): void => {
    if (queryKey.length > queryLengthMost) return
    const bytes = queryKey.length + queryOverheadBytes
    if (youngBytes + bytes > queryBytes) {
      grow(-oldBytes)
      ;[old, oldBytes, young, youngBytes] = [young, youngBytes, new Map(), 0]
    }
    young.set(queryKey, outcome)
    youngBytes += bytes
    grow(bytes)
  }

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
      // Queries that led to it may still be known.
      outcome.form = null
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

  return {
    get(queryKey) {
      let outcome = young.get(queryKey)
      if (outcome === undefined) {
        outcome = old.get(queryKey)
        if (outcome?.form) remember(queryKey, outcome)
      }
      if (!outcome || !isWhole(outcome)) return undefined
      outcome.isUsed = true
      return outcome
    },
    peek: (key) => wholeOr(kept.get(key)),
    keep(queryKey, key, sample, make) {
      const outcome = wholeOr(kept.get(key)) ?? create(key, sample, make)
      outcome.isUsed = true
      if (queryKey !== null) remember(queryKey, outcome)
      return outcome
    },
    latest: (most) => [...kept.values()].filter(isWhole).slice(-most).reverse(),
  }
}

const isWhole = (outcome: Kept): outcome is Kept & Outcome => outcome.form !== null

const wholeOr = (outcome: Kept | undefined): (Kept & Outcome) | undefined =>
  outcome && isWhole(outcome) ? outcome : undefined
