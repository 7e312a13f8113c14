/** The type number (pg_type.oid) of bigint. */
export const bigintOid = 20

/** Reads a bigint as a number; throws where that would lose digits, rather than answer a wrong revision. */
export const readBigint = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value))
    throw new RangeError(`the bigint ${text} does not fit a JavaScript number`)
  return value
}
