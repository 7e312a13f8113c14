import { scanJson } from './json-scan.ts'

export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue }

/** Why a document is refused; `invalid_json` comes from RFC 8259, the others from I-JSON (RFC 7493) and the stores. */
export type JsonFindingCode =
  | 'invalid_json'
  | 'duplicate_key'
  | 'forbidden_key'
  | 'too_deep'
  | 'number_out_of_range'
  | 'unsupported_character'

export interface JsonFinding {
  code: JsonFindingCode
  /** RFC 6901; of the nearest ancestor when longer than 1,024 characters, and empty when the text is not JSON */
  pointer: string
  /** what is wrong, at which line and column (both from 1, columns in UTF-16 units), and how to fix it */
  detail: string
}

/** Thrown by `parseJson`; holds 1 to 20 findings, an `invalid_json` first, the others in the order of the text. */
export class JsonProblem extends Error {
  readonly findings: readonly JsonFinding[]

  constructor(findings: readonly JsonFinding[]) {
    super(findings.map((finding) => finding.detail).join('\n'))
    this.name = 'JsonProblem'
    this.findings = findings
  }
}

/**
 * Reads a document that a person wrote, and refuses what JSON.parse would lose in silence: duplicate names, numbers that a
 * double can't print back, lone surrogates, U+0000, names that reach prototypes, and more than `maxDepth` containers inside
 * one another (an object of plain members has depth 1). Never recurses. Throws JsonProblem, and nothing else.
 */
export const parseJson = (text: string, options: { maxDepth: number }): { value: JsonValue } => {
  const findings = scanJson(text, options.maxDepth)
  if (findings.length > 0) throw new JsonProblem(findings)
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    // The scan knows the whole grammar; should it ever disagree with the runtime, the runtime is right.
    const detail = `The text is not JSON: ${error instanceof Error ? error.message : error}.`
    throw new JsonProblem([{ code: 'invalid_json', pointer: '', detail }])
  }
}
