import { within } from '../within.ts'
import { createRecorder, distributionOf, type Recorder } from './distribution.ts'
import { joinMetrics } from './join-metrics.ts'
import {
  type About,
  type Attributes,
  keyOfAttributes,
  type Metric,
  type NumberKind,
  type NumberPoint,
} from './metric.ts'

/** A sum that only grows: whoever has it adds to `value`. */
export interface Counter {
  value: number
}

/** What a reading gives: one number, several points, or nothing where it is not known now. */
export type Reading = number | readonly NumberPoint[] | undefined

/** The instruments of a process. They cost nothing but what they count: everything else is asked for when somebody reads. */
export interface Meters {
  /** The recorder of a set of attributes, to be kept by whoever uses it often; `record` counts in it. */
  histogram(about: About & { bounds: readonly number[] }): { of(attributes: Attributes): Recorder }
  counter(about: About): { of(attributes: Attributes): Counter }
  /**
   * Asks `read` for a number at each collection; several of one name are shown together. Returns what ends it. What takes too
   * long, or throws, is left out.
   */
  observe(about: About & { kind: NumberKind }, read: () => Reading | Promise<Reading>): () => void
  /** Adds whole metrics at each collection. Returns what ends it. */
  include(source: () => readonly Metric[]): () => void
  /** Everything as it is now; metrics without a point are left out. */
  collect(): Promise<Metric[]>
  /** Whether distributions are counted in exponential buckets too. */
  isExponential: boolean
}

interface MetersOptions {
  isExponential?: boolean
  /** Told of readings that failed. */
  onError?: (metric: string, error: unknown) => void
}

/** Sets of attributes of one metric; what comes later is counted together, as OpenTelemetry has it. */
const setsMost = 1_000
const overflow: Attributes = { 'otel.metric.overflow': 'true' }
const readWithinMs = 1_000

/** Instruments by their sets of attributes. */
const createSets = <One>(create: () => One) => {
  const sets = new Map<string, { attributes: Attributes; one: One }>()
  const find = (attributes: Attributes): One => {
    const key = keyOfAttributes(attributes)
    const found = sets.get(key)
    if (found) return found.one
    if (sets.size >= setsMost && attributes !== overflow) return find(overflow)
    const made = { attributes, one: create() }
    sets.set(key, made)
    return made.one
  }
  return { of: find, all: () => [...sets.values()] }
}

interface Observed {
  about: About & { kind: NumberKind }
  read: () => Reading | Promise<Reading>
}

/** Whoever does not answer is not asked again meanwhile: the questions of each scrape would pile up at a store that is slow. */
const oneAtATime = (ask: Observed['read']): Observed['read'] => {
  let underWay: Promise<Reading> | undefined
  return () => {
    const reading = underWay ?? ask()
    if (underWay || !(reading instanceof Promise)) return reading
    underWay = reading.finally(() => {
      underWay = undefined
    })
    return underWay
  }
}

export const createMeters = ({ isExponential = false, onError = () => {} }: MetersOptions = {}): Meters => {
  const sources = new Set<() => readonly Metric[]>()
  const observed = new Set<Observed>()

  const include = (source: () => readonly Metric[]): (() => void) => {
    sources.add(source)
    return () => sources.delete(source)
  }
  const read = async ({ about, read: ask }: Observed): Promise<Metric | undefined> => {
    try {
      const reading = ask()
      const value =
        reading instanceof Promise ? await within(readWithinMs, `reading ${about.name}`, reading) : reading
      if (value === undefined) return undefined
      return { ...about, points: typeof value === 'number' ? [{ attributes: {}, value }] : [...value] }
    } catch (error) {
      onError(about.name, error)
      return undefined
    }
  }

  return {
    isExponential,
    include,
    histogram({ bounds, ...about }) {
      const sets = createSets(() => createRecorder(bounds, isExponential))
      const points = () =>
        sets.all().map(({ attributes, one }) => ({ attributes, value: distributionOf(one) }))
      include(() => [{ ...about, kind: 'histogram', points: points() }])
      return sets
    },
    counter(about) {
      const sets = createSets((): Counter => ({ value: 0 }))
      const points = () => sets.all().map(({ attributes, one }) => ({ attributes, value: one.value }))
      include(() => [{ ...about, kind: 'counter', points: points() }])
      return sets
    },
    observe(about, ask) {
      const one = { about, read: oneAtATime(ask) }
      observed.add(one)
      return () => observed.delete(one)
    },
    async collect() {
      const readings = await Promise.all([...observed].map(read))
      const counted = [...sources].flatMap((source) => source())
      return joinMetrics([...counted, ...readings.filter((metric) => metric !== undefined)])
    },
  }
}
