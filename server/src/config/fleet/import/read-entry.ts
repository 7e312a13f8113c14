import type { ImportedLine } from '../../../../../contract/fleet.ts'
import { type FleetLine, fleetLines, type LineType } from '../../../../../contract/fleet-lines.ts'
import type { JsonValue } from '../../../../../contract/json.ts'
import { isJsonObject } from '../../../../../contract/json-equal.ts'
import { Problem, problemOf } from '../../../../../contract/problems.ts'
import { checkBody } from '../../../platform/http/check-input.ts'
import type { Line } from '../../../platform/http/read-lines.ts'

/** A line that says something. */
export interface Entry<L extends FleetLine = FleetLine> {
  line: number
  says: L
}

/** What a line says; a Problem in its place where it is refused already. */
export const readEntry = (line: Line): Entry | ImportedLine => {
  if ('problem' in line)
    return refusedLine({ line: line.number, type: null, id: null }, inOneLine(line.problem))
  const { number, value } = line
  const type = typeOf(value)
  const named = { line: number, type: type ?? null, id: nameOfValue(value) }
  if (type === undefined) return refusedLine(named, unknownType())
  try {
    return { line: number, says: checkBody(fleetLines[type], value) }
  } catch (error) {
    if (error instanceof Problem) return refusedLine(named, error)
    throw error
  }
}

const typeOf = (value: JsonValue): LineType | undefined => {
  const type = isJsonObject(value) ? value.type : undefined
  return typeof type === 'string' && Object.hasOwn(fleetLines, type) ? (type as LineType) : undefined
}

const unknownType = (): Problem =>
  problemOf([
    {
      code: 'invalid_field',
      pointer: '/type',
      detail: 'a line is an object that begins with "type": "app", "version" or "release"',
    },
  ])

/** Findings in JSON count lines and columns; of lines there is one. */
const inOneLine = (problem: Problem): Problem =>
  new Problem(problem.code, { detail: problem.message.replaceAll('line 1, column', 'column') })

/** What a line is about: `shop`, `shop 1.4.0`, `shop stable 1.4.0`. */
export const nameOfLine = (says: FleetLine): string =>
  [
    says.appId,
    ...(says.type === 'release' ? [says.channel] : []),
    ...(says.type === 'app' ? [] : [says.configVersion]),
  ].join(' ')

const longestName = 300

const nameOfValue = (value: JsonValue): string | null => {
  if (!isJsonObject(value)) return null
  const parts = [value.appId, value.channel, value.configVersion].filter((part) => typeof part === 'string')
  return parts.length > 0 ? parts.join(' ').slice(0, longestName) : null
}

/** The finding for a line that is refused: the first reason, and how many more there are. */
export const refusedLine = (
  named: Pick<ImportedLine, 'line' | 'type' | 'id'>,
  problem: Problem,
): ImportedLine => {
  const [first, ...others] = problem.errors ?? []
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  const pointer = first?.pointer
  return {
    ...named,
    result: 'refused',
    problem: {
      code: problem.code,
      detail: problem.message + more,
      ...(pointer !== undefined && { pointer }),
    },
  }
}
