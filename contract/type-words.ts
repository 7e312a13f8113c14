import type { z } from '@hono/zod-openapi'

/** The types that values and schemas have, as people call them. */
const named: Record<string, string> = {
  object: 'an object',
  record: 'an object',
  array: 'an array',
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  null: 'null',
}

/** For `safeParse`: a value of another type in JSON's own words, not the library's; leaves the rest to the library. */
export const typeWords: z.core.$ZodErrorMap = ({ code, expected, input }) => {
  const asked = code === 'invalid_type' ? named[String(expected)] : undefined
  if (asked === undefined) return undefined
  if (input === undefined) return `expected ${asked}, but it is missing`
  const found = input === null ? 'null' : Array.isArray(input) ? 'array' : typeof input
  // A fraction, where a whole number was asked for; or a value no longer than its type.
  if (found === 'number' || found === 'boolean') return `expected ${asked}, but it is ${input}`
  return `expected ${asked}, but it is ${named[found] ?? found}`
}
