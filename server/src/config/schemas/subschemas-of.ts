import { jsonPointer } from '../../../../contract/json-pointer.ts'

export type JsonSchema = Record<string, unknown>

/** A schema that is not just `true` or `false`, and where it stands. */
export interface Subschema {
  schema: JsonSchema
  pointer: string
}

/** What stands under these keywords is one schema, a list of them, or schemas by name (JSON Schema 2020-12). */
const schemaOrList = [
  'additionalProperties',
  'allOf',
  'anyOf',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'oneOf',
  'prefixItems',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]
const byName = ['$defs', 'definitions', 'dependencies', 'dependentSchemas', 'patternProperties', 'properties']

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The schema and every schema within it. A `pattern` in an `enum` or as the name of a property is none. */
export function* subschemasOf(schema: unknown, pointer = ''): Generator<Subschema> {
  if (!isObject(schema)) return
  yield { schema, pointer }
  for (const keyword of schemaOrList) {
    const value = schema[keyword]
    const within = `${pointer}/${keyword}`
    if (!Array.isArray(value)) yield* subschemasOf(value, within)
    else for (const [place, one] of value.entries()) yield* subschemasOf(one, `${within}/${place}`)
  }
  for (const keyword of byName) {
    const named = schema[keyword]
    if (!isObject(named)) continue
    for (const [name, one] of Object.entries(named)) {
      yield* subschemasOf(one, `${pointer}/${keyword}${jsonPointer([name])}`)
    }
  }
}

/** The names that a schema gives to its place, each once. */
export const anchorsOf = ({ $anchor, $dynamicAnchor }: JsonSchema): string[] => [
  ...new Set([$anchor, $dynamicAnchor].filter((name) => typeof name === 'string')),
]
