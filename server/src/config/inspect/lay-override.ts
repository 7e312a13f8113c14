import type { UseOfValue } from '../../../../contract/config.ts'
import type { JsonValue } from '../../../../contract/json.ts'
import { mergePatch } from '../../../../contract/merge-patch.ts'
import { valueAt } from './value-at.ts'

/**
 * What an override makes of the value at a pointer, laid over data by itself: `own` is what is cut out of its own data. Nothing
 * where it says nothing of the value, and where it takes away what there is not.
 */
export const layOverride = (
  data: JsonValue | undefined,
  own: JsonValue,
  names: readonly string[],
): Pick<UseOfValue, 'value' | 'removed'> | undefined => {
  const value = valueAt(mergePatch(data, own), names)
  if (value !== undefined) return valueAt(own, names) === undefined ? undefined : { value }
  const was = data === undefined ? undefined : valueAt(data, names)
  return was === undefined ? undefined : { removed: true }
}
