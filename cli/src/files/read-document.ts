import { JsonProblem, type JsonValue, parseJson } from '../../../contract/json.ts'
import { Failure } from '../command.ts'
import { readText } from './read-text.ts'

/** What a file says; deeper ones the server refuses, whose own bound is a setting. */
const maxDepth = 1000

/**
 * Reads a JSON or YAML file strictly, or stdin for `-`. What ends in .yaml or .yml is YAML; on stdin, whatever does not begin
 * as JSON does. Throws a Failure that names the file, and the line of each mistake.
 */
export const readDocument = async (path: string, option: string): Promise<JsonValue> =>
  parseDocument(await readText(path, option), path)

/** The document that a file's text holds. Throws as `readDocument` does. */
export const parseDocument = async (text: string, path: string): Promise<JsonValue> => {
  try {
    if (!isYaml(path, text)) return parseJson(text, { maxDepth }).value
    // Loaded here, so that nobody waits for it who has no YAML.
    const { parseYaml } = await import('./parse-yaml.ts')
    return parseYaml(text, maxDepth)
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error
    const name = path === '-' ? 'stdin' : path
    throw new Failure(error.findings.map(({ detail }) => `${name}: ${detail}`).join('\n'))
  }
}

const isYaml = (path: string, text: string): boolean =>
  path === '-' ? !/^\s*[{["]/.test(text) : /\.ya?ml$/i.test(path)

/** The same, for what has to be an object. */
export const readObject = async (path: string, option: string): Promise<Record<string, JsonValue>> => {
  const value = await readDocument(path, option)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new Failure(`${path === '-' ? 'stdin' : path} holds no object, but { ... } was expected.`)
}
