import type { JsonValue } from '../../../../contract/json.ts'
import { mergePatch } from '../../../../contract/merge-patch.ts'
import type { Override } from '../../../../contract/targeting.ts'

type Data = Readonly<Record<string, unknown>>

/** The data with the overrides at these places laid over it, one after the other (RFC 7396). Changes nothing it is given. */
export const layOverrides = (data: Data, overrides: readonly Override[], matched: readonly number[]): Data =>
  matched.reduce<JsonValue>(
    (laid, place) => mergePatch(laid, (overrides[place]?.data ?? {}) as JsonValue),
    data as JsonValue,
  ) as Data
