import { Ajv2020, type Options, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { RE2JS } from 're2js'
import { keywords } from './keywords.ts'
import { anchorsOf, type JsonSchema, subschemasOf } from './subschemas-of.ts'

/** A pattern may hold a reference to what it has matched: RE2 has none, and its translation would lose it silently. */
const namedReference = /(?<!\\)(?:\\\\)*\\k/

/** Templates bring the same texts into thousands of configs: what was found of so many short ones is remembered. */
const rememberedTexts = 1_000
const longestRemembered = 100

/**
 * A regular expression whose time grows with the text alone. Written as in JavaScript, without what only backtracking can
 * do: lookarounds and references to groups. Throws for these.
 */
export const linearRegExp = Object.assign(
  (pattern: string) => {
    if (namedReference.test(pattern)) throw new SyntaxError('references to groups are not supported')
    const expression = RE2JS.compile(RE2JS.translateRegExp(pattern))
    const found = new Map<string, boolean>()
    const test = (text: string): boolean => {
      const known = found.get(text)
      if (known !== undefined) return known
      const matches = expression.test(text)
      if (found.size >= rememberedTexts) found.clear()
      if (text.length <= longestRemembered) found.set(text, matches)
      return matches
    }
    return { test, toString: () => pattern }
  },
  { code: 'linearRegExp' },
)

const options: Options = {
  allErrors: true,
  strict: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  // Its check would run the patterns with the engine of the language.
  allowMatchingProperties: true,
  // Else every object has a `constructor` and a `toString`.
  ownProperties: true,
  // Else a large definition is written out at every reference to it.
  inlineRefs: false,
  // Schemas are held to the meta-schema when they are set.
  validateSchema: false,
  meta: false,
  logger: false,
  code: { regExp: linearRegExp },
}

/** What a key added later may make right, so that it says nothing of data that is not complete. */
const decidedByMissing = [
  'required',
  'dependentRequired',
  'dependencies',
  'minProperties',
  'not',
  'if',
  'then',
  'else',
  'unevaluatedProperties',
  'unevaluatedItems',
]

/** `url` is matched in a time that grows with the square of the text. */
const longestUrl = 4_096

/** A schema is one resource, where these are `$ref` and `$anchor`. Ajv takes its root for what it does not find. */
const plainDynamicReferences = (ajv: Ajv2020): void => {
  const reference = ajv.getKeyword('$ref')
  if (typeof reference !== 'object') throw new TypeError('this Ajv has no $ref')
  for (const keyword of ['$dynamicRef', '$dynamicAnchor']) ajv.removeKeyword(keyword)
  ajv.addKeyword({ ...reference, keyword: '$dynamicRef' })
  ajv.addVocabulary(['$anchor', '$dynamicAnchor'])
}

const createAjv = (): Ajv2020 => {
  const ajv = new Ajv2020(options)
  formats.default(ajv)
  // Also where a schema was stored before: with $async nothing would be checked. Strict, it throws for what it does not know.
  for (const keyword of Object.keys(ajv.RULES.keywords))
    if (!keywords.has(keyword)) ajv.removeKeyword(keyword)
  plainDynamicReferences(ajv)
  const url = ajv.formats.url as RegExp
  return ajv.addFormat('url', (text) => text.length <= longestUrl && url.test(text))
}

const loosen = (ajv: Ajv2020): void => {
  for (const keyword of [...decidedByMissing, 'oneOf']) ajv.removeKeyword(keyword)
  ajv.addVocabulary(decidedByMissing)
  // Which one of them it is to be, a key added later may say.
  ajv.addKeyword({ keyword: 'oneOf', macro: (alternatives: unknown[]) => ({ anyOf: alternatives }) })
}

const known = createAjv()
export const isKnownFormat = (format: string): boolean => known.formats[format] !== undefined
/** A keyword that says something to people or to other programs, and nothing here. */
export const isExtension = (keyword: string): boolean => /^x-[a-z0-9-]+$/i.test(keyword)

/**
 * The check of a schema. With `partial` it is one for data that others complete: keys that are missing are no fault. Each
 * has an Ajv of its own, so that it can be forgotten as a whole. Throws where the schema cannot be used.
 */
export const compileSchema = (schema: JsonSchema, { partial }: { partial: boolean }): ValidateFunction => {
  const ajv = createAjv()
  if (partial) loosen(ajv)
  const used = [...subschemasOf(schema)].flatMap((found) => Object.keys(found.schema))
  ajv.addVocabulary([...new Set(used.filter(isExtension))])
  // References start at the schema itself, so its name is for people; two schemas may have the same.
  const { $id: _, ...unnamed } = schema
  // Ajv finds anchors below the top only. The top itself is '' to it.
  for (const anchor of anchorsOf(schema)) ajv.refs[`#${anchor}`] = ''
  return ajv.compile(unnamed)
}
