import {
  type Document,
  isAlias,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml'
import { type JsonFinding, JsonProblem, type JsonValue, parseJson } from '../../../contract/json.ts'
import { holdsInDouble } from '../../../contract/json-number.ts'

/** Enough to see what is meant. */
const mostFindings = 20
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

/**
 * Reads YAML 1.2 that says exactly what JSON could: names are strings and stand once, numbers are JSON's and survive a double,
 * there are no tags and no merge keys; dates are strings. Throws JsonProblem, with the line of each mistake, and nothing else.
 */
export const parseYaml = (text: string, maxDepth: number): JsonValue => {
  const lineCounter = new LineCounter()
  const document = parsed(text, lineCounter)
  const place = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset)
    return `line ${line}, column ${col}`
  }
  const findings = [...document.errors, ...document.warnings].map(({ code, message, pos }) => {
    const what = code === 'MULTIPLE_DOCS' ? 'a file holds one document' : message
    return finding('invalid_json', `The text is not YAML as it is read here: ${what} (${place(pos[0])}).`)
  })
  if (findings.length === 0) findings.push(...lossesOf(document, place))
  if (findings.length > 0) throw new JsonProblem(findings.slice(0, mostFindings))
  return strict(jsonOf(document), maxDepth)
}

const parsed = (text: string, lineCounter: LineCounter): Document => {
  try {
    return parseDocument(text, {
      lineCounter,
      version: '1.2',
      schema: 'core',
      resolveKnownTags: false,
      prettyErrors: false,
    })
  } catch (error) {
    throw unreadable(error)
  }
}

/** Nesting without measure, which the library answers by running out of stack, or aliases that have no end. */
const unreadable = (error: unknown): JsonProblem => {
  const [message] = (error instanceof Error ? error.message : String(error)).split('\n')
  return new JsonProblem([finding('invalid_json', `The YAML can't be read: ${message}.`)])
}

/** What JSON allows and stores do not is refused as in JSON; lines would be those of a text that nobody wrote. */
const strict = (json: string, maxDepth: number): JsonValue => {
  try {
    return parseJson(json, { maxDepth }).value
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error
    throw new JsonProblem(
      error.findings.map((found) => ({
        ...found,
        detail: found.detail.replaceAll(/line \d+, column \d+/g, found.pointer || 'the top'),
      })),
    )
  }
}

const finding = (code: JsonFinding['code'], detail: string): JsonFinding => ({ code, pointer: '', detail })

/** Aliases that multiply a document beyond all bounds are refused by the library when they are resolved. */
const jsonOf = (document: Document): string => {
  try {
    return JSON.stringify(document.toJS({ maxAliasCount: 100 }))
  } catch (error) {
    throw unreadable(error)
  }
}

/** What would become something else on the way to JSON. */
const lossesOf = (document: Document, place: (offset: number) => string): JsonFinding[] => {
  const findings: JsonFinding[] = []
  visit(document, {
    Pair: (_, { key }) => {
      const at = place(offsetOf(key))
      if (!isScalar(key) || typeof key.value !== 'string') {
        findings.push(finding('invalid_json', `The name at ${at} is no string. Put it in quotes.`))
      } else if (key.value === '<<' && key.type === 'PLAIN') {
        findings.push(
          finding('invalid_json', `There is a merge key (<<) at ${at}. Write out what it stands for.`),
        )
      }
    },
    Scalar: (_, node) => {
      const wrong = wrongNumber(node)
      if (wrong) findings.push(finding('number_out_of_range', `${wrong} at ${place(offsetOf(node))}`))
    },
  })
  return findings
}

const wrongNumber = (node: Scalar): string | undefined => {
  if (typeof node.value !== 'number') return undefined
  const source = node.source ?? ''
  if (!jsonNumber.test(source))
    return `${source} is no number that JSON knows; write it in digits, or in quotes,`
  return holdsInDouble(source)
    ? undefined
    : `The number ${source} would become ${node.value}; use fewer digits, or write it in quotes,`
}

const offsetOf = (node: unknown): number =>
  (isScalar(node) || isAlias(node) || isPair(node)) && 'range' in node ? (node.range?.[0] ?? 0) : 0
