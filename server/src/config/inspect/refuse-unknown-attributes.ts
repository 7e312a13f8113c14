import { jsonPointer } from '../../../../contract/json-pointer.ts'
import { problemOf } from '../../../../contract/problems.ts'
import { standardAttributes } from '../../../../contract/targeting.ts'

/**
 * Throws 422 (unknown_field) for a name that is no attribute: of a device it would change nothing, and whoever previews would
 * wonder why. `declared` are the names of the app's own.
 */
export const refuseUnknownAttributes = (
  context: Readonly<Record<string, unknown>>,
  declared: readonly string[],
): void => {
  const known = [...standardAttributes, ...new Set(declared), 'targetingKey']
  const detail = `this is no attribute of the app; there are ${known.join(', ')}`
  const unknown = Object.keys(context).filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw problemOf(
    unknown.map((name) => ({ code: 'unknown_field', pointer: jsonPointer(['context', name]), detail })),
  )
}
