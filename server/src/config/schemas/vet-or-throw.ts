import { problemOf } from '../../../../contract/problems.ts'
import type { Finding, SchemaChecks } from './checks.ts'
import { refuseUnchecked } from './refuse-unchecked.ts'

const mostBytes = 262_144
/** Levels of objects and arrays; a level of data takes two of a schema. */
const mostLevels = 48

/** The text of a schema that can be used. Throws 422 (invalid_schema) with pointers into the body otherwise. */
export const vetOrThrow = async (
  checks: SchemaChecks,
  schema: Readonly<Record<string, unknown>>,
): Promise<string> => {
  const text = JSON.stringify(schema)
  const findings =
    beyondLimits(schema, text) ??
    (await refuseUnchecked(checks.vet(text), 'invalid_schema', () => 'this schema'))
  if (findings.length === 0) return text
  throw problemOf(
    findings.map(({ pointer, detail }) => ({ code: 'invalid_schema', pointer: `/schema${pointer}`, detail })),
  )
}

const beyondLimits = (schema: object, text: string): Finding[] | undefined => {
  const bytes = Buffer.byteLength(text)
  if (bytes > mostBytes) return [{ pointer: '', detail: `has ${bytes} bytes, and ${mostBytes} is the most` }]
  if (levelsOf(schema) > mostLevels) {
    return [{ pointer: '', detail: `is nested more than ${mostLevels} levels deep` }]
  }
  return undefined
}

/** The body was read within a depth that this recursion stands. */
const levelsOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Object.values(value).reduce<number>((most, part) => Math.max(most, levelsOf(part)), 0)
    : 0
