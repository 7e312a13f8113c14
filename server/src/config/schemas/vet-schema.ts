import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { jsonPointer } from '../../../../contract/json-pointer.ts'
import type { Finding } from './checks.ts'
import { compileSchema, isExtension, isKnownFormat, linearRegExp } from './compile-schema.ts'
import { explainViolations } from './explain-violations.ts'
import { keywords } from './keywords.ts'
import { anchorsOf, type JsonSchema, type Subschema, subschemasOf } from './subschemas-of.ts'

const dialect = 'https://json-schema.org/draft/2020-12/schema'
const mostFindings = 20

/** Why a schema cannot be used, as pointers into it; empty for one that can. */
export const vetSchema = (schema: JsonSchema): readonly Finding[] => {
  const malformed = breaksMetaSchema(schema)
  if (malformed.length > 0) return malformed.slice(0, mostFindings)
  const subschemas = [...subschemasOf(schema)]
  const unusable = [...subschemas.flatMap(faultsOf), ...anchorsGivenTwice(subschemas)]
  if (unusable.length > 0) return unusable.slice(0, mostFindings)
  return tryOut(schema)
}

let metaSchema: Ajv2020 | undefined

const breaksMetaSchema = (schema: JsonSchema): Finding[] => {
  // Patterns are judged by the engine that will run them, not by the one of the language.
  metaSchema ??= new Ajv2020({ allErrors: true, validateFormats: false, logger: false })
  const { $schema: _, ...rest } = schema
  if (metaSchema.validate(dialect, rest)) return []
  return explainViolations((metaSchema.errors ?? []).filter(isLeaf), rest)
}

/** "It fits none of these" says less than what is wrong with each. */
const isLeaf = ({ keyword }: ErrorObject): boolean =>
  !['anyOf', 'if', '$dynamicRef', '$ref'].includes(keyword)

/** Keywords that need one of these beside them. */
const idleWithout: readonly [keyword: string, others: readonly string[]][] = [
  ['if', ['then', 'else']],
  ['then', ['if']],
  ['else', ['if']],
  ['minContains', ['contains']],
  ['maxContains', ['contains']],
]

/** What the meta-schema allows and this server does not. */
const faultsOf = ({ schema, pointer }: Subschema): Finding[] => {
  const faults: Finding[] = []
  const fault = (keyword: string, detail: string, within = ''): void =>
    void faults.push({ pointer: `${pointer}/${keyword}${within}`, detail })
  for (const keyword of Object.keys(schema)) {
    if (keywords.has(keyword) || isExtension(keyword)) continue
    faults.push({
      pointer: `${pointer}${jsonPointer([keyword])}`,
      detail: 'is no keyword of JSON Schema 2020-12; names of your own start with x-',
    })
  }
  if (schema.$schema !== undefined && schema.$schema !== dialect) fault('$schema', `must be ${dialect}`)
  if (schema.$id !== undefined && pointer !== '') fault('$id', 'is allowed at the top of the schema only')
  for (const keyword of ['$ref', '$dynamicRef']) {
    const target = schema[keyword]
    if (typeof target === 'string' && !target.startsWith('#')) {
      fault(keyword, 'must start with #: nothing is loaded from outside, so put it under $defs')
    }
    // Ajv takes it for the schema itself, which is #.
    if (target === '#/') fault(keyword, 'leads nowhere: the schema itself is #')
  }
  for (const [keyword, others] of idleWithout) {
    if (!Object.hasOwn(schema, keyword) || others.some((other) => Object.hasOwn(schema, other))) continue
    fault(keyword, `does nothing without ${others.map((other) => `"${other}"`).join(' or ')}`)
  }
  if (typeof schema.format === 'string' && !isKnownFormat(schema.format)) {
    fault('format', `${JSON.stringify(schema.format)} is not known here; use "pattern"`)
  }
  if (typeof schema.pattern === 'string') {
    const why = whyUnusable(schema.pattern)
    if (why) fault('pattern', why)
  }
  for (const pattern of Object.keys(schema.patternProperties ?? {})) {
    const why = whyUnusable(pattern)
    if (why) fault('patternProperties', why, jsonPointer([pattern]))
  }
  return faults
}

/** Which place of two is meant nobody could say. */
const anchorsGivenTwice = (subschemas: readonly Subschema[]): Finding[] => {
  const given = new Set<string>()
  return subschemas.flatMap(({ schema, pointer }) =>
    anchorsOf(schema).flatMap((anchor) => {
      if (!given.has(anchor)) {
        given.add(anchor)
        return []
      }
      const keyword = schema.$anchor === anchor ? '$anchor' : '$dynamicAnchor'
      return [
        { pointer: `${pointer}/${keyword}`, detail: `${JSON.stringify(anchor)} names another place too` },
      ]
    }),
  )
}

const whyUnusable = (pattern: string): string | undefined => {
  try {
    linearRegExp(pattern)
    return undefined
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return `must be a regular expression that ends in linear time (RE2: no lookaround, no references to groups): ${why}`
  }
}

/** What only shows when it is used: references that lead nowhere, or round and round. */
const tryOut = (schema: JsonSchema): Finding[] => {
  try {
    for (const partial of [true, false]) compileSchema(schema, { partial })({})
    return []
  } catch (error) {
    if (error instanceof RangeError) {
      return [{ pointer: '', detail: 'refers to itself without end, or is nested too deeply' }]
    }
    const why = error instanceof Error ? error.message : String(error)
    return [{ pointer: whereMissing(schema, error), detail: `cannot be used: ${why}` }]
  }
}

/** Ajv names a reference that leads nowhere, and not where it stands. */
const whereMissing = (schema: JsonSchema, error: unknown): string => {
  const missing = error instanceof Ajv2020.MissingRefError ? error.missingRef : undefined
  if (missing === undefined) return ''
  for (const { schema: within, pointer } of subschemasOf(schema)) {
    for (const keyword of ['$ref', '$dynamicRef']) {
      if (within[keyword] === missing) return `${pointer}/${keyword}`
    }
  }
  return ''
}
