/** The header fields of an answer, as far as this cache reads them; a Headers object is one. Names in lower case. */
export interface Fields {
  get(name: string): string | null
  has(name: string): boolean
  [Symbol.iterator](): Iterator<[string, string]>
}

/** Reads a record where it stands: to make Headers of one checks every name and value anew. */
export const readRecord = (record: Readonly<Record<string, string>>): Fields => ({
  get: (name) => record[name] ?? null,
  has: (name) => record[name] !== undefined,
  [Symbol.iterator]: () => Object.entries(record)[Symbol.iterator](),
})
