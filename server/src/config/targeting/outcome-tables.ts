import { LRUCache } from 'lru-cache'
import type { Values } from './rule-values.ts'

export interface Question {
  /** All that the answer depends on; undefined where it is not known, so that it must be asked for each time. */
  attributes: readonly string[] | undefined
  /** A whole number from 0 to 65,534. */
  answer(values: Values): number
}

interface Tables {
  /** For each group of questions: by the values of its attributes the answers known, plus 1. */
  groups: Map<unknown, Uint16Array>[]
  bytes: number
  weighed: number
}

const most = 16 * 1024 * 1024
const mostOfOne = 1024 * 1024
const rowBytes = 160
/** Of the whole process, whatever contexts are sent to however many apps: those asked least recently go first. */
const held = new LRUCache<object, { tables: Tables }>({
  maxSize: most,
  sizeCalculation: ({ tables }) => tables.bytes,
})

/**
 * Remembers the answers to questions, in rows shared by all that read the same attributes: for values that came before, a
 * context costs one lookup a row instead of microseconds a question. Memory is bounded; what is dropped is asked again.
 */
export const rememberOutcomes = (
  questions: readonly Question[],
): ((values: Values) => (place: number) => number) => {
  const owner = {}
  const keys = [...new Set(questions.map(({ attributes }) => JSON.stringify(attributes)))]
  const attributesOf = keys.map((key): readonly string[] => (key === undefined ? [] : JSON.parse(key)))
  const groupOf = questions.map(({ attributes }) => keys.indexOf(JSON.stringify(attributes)))
  const members = keys.map(() => 0)
  const placeInRow = groupOf.map((group) => {
    const place = members[group] ?? 0
    members[group] = place + 1
    return place
  })

  const rowOf = (tables: Tables, group: number, values: Values): Uint16Array => {
    const table = tables.groups[group] as Map<unknown, Uint16Array>
    const key = keyOf(attributesOf[group] ?? [], values)
    let row = table.get(key)
    if (!row) {
      row = new Uint16Array(members[group] ?? 0)
      tables.bytes += rowBytes + 2 * row.length + (typeof key === 'string' ? 2 * key.length : 0)
      if (tables.bytes > mostOfOne) clear(tables)
      table.set(key, row)
      if (tables.bytes > 1.25 * tables.weighed) hold(owner, tables)
    }
    return row
  }

  return (values) => {
    const tables = held.get(owner)?.tables ?? startTables(owner, keys.length)
    const rows: (Uint16Array | undefined)[] = []
    return (place) => {
      const { attributes, answer } = questions[place] as Question
      if (!attributes) return answer(values)
      const group = groupOf[place] as number
      let row = rows[group]
      if (!row) {
        row = rowOf(tables, group, values)
        rows[group] = row
      }
      const at = placeInRow[place] as number
      const known = row[at] as number
      if (known > 0) return known - 1
      const found = answer(values)
      row[at] = found + 1
      return found
    }
  }
}

const startTables = (owner: object, groups: number): Tables => {
  const tables = { groups: Array.from({ length: groups }, () => new Map()), bytes: 1024, weighed: 0 }
  hold(owner, tables)
  return tables
}

/** In a new object, because the cache does not weigh again what it holds already. */
const hold = (owner: object, tables: Tables): void => {
  tables.weighed = tables.bytes
  held.set(owner, { tables })
}

const clear = (tables: Tables): void => {
  for (const table of tables.groups) table.clear()
  tables.bytes = 1024
}

const keyOf = (attributes: readonly string[], values: Values): unknown => {
  const [first, ...others] = attributes
  if (first === undefined) return undefined
  return others.length === 0 ? values[first] : JSON.stringify(attributes.map((name) => values[name]))
}
