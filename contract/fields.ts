import { z } from '@hono/zod-openapi'
// Alone: a gateway needs nothing else of it, and memory for what it loads.
import valid from 'semver/functions/valid.js'
import { isRealDate } from './real-date.ts'

/** Puts a stable problem code on a schema issue; read back where issues become problems. */
const coded = (code: 'invalid_version' | 'invalid_date', message: string) => ({ message, params: { code } })

export const appId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    'an appId is 1 to 128 of A-Z a-z 0-9 . _ - and starts with a letter or digit',
  )
  .openapi({ example: 'shop', description: 'One app of the fleet; bundle ids fit.' })

export const channel = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'a channel is 1 to 32 of a-z 0-9 - and starts with a letter')
  .openapi({ example: 'stable' })

/** A semantic version as semver.org writes it: three numbers, no leading `v`. */
export const version = z
  .string()
  .max(128)
  .refine(
    (text) => valid(text) !== null && !/^[v=\s]|\s$/.test(text),
    coded('invalid_version', 'expected a semantic version such as 1.4.0'),
  )
  .openapi({ example: '1.4.0' })

/** An RFC 3339 date (`2027-06-30`) or date and time with its offset (`2027-06-30T12:00:00Z`). */
export const date = z
  .string()
  .refine(
    isRealDate,
    coded('invalid_date', 'expected a real date such as 2027-06-30 or 2027-06-30T12:00:00Z'),
  )
  .openapi({ example: '2027-06-30' })

export const revision = z
  .number()
  .int()
  .openapi({ example: 42, description: 'Grows with every change, for ever.' })

export const timestamp = z.string().openapi({ example: '2026-11-23T10:00:00.000Z' })

/** Cursor paging, the same for every list: at most `limit` items, then `nextCursor` for the next page. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).openapi({ example: 50 }),
  // A name may be a part of it: 200 characters, each escaped and coded.
  cursor: z.string().max(2000).optional().openapi({ description: 'The nextCursor of the page before.' }),
})

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().openapi({ example: null, description: 'null on the last page' }),
  })

/** A number in a path. */
export const idInPath = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'expected a whole number')
  .transform(Number)
  .openapi({ type: 'integer', example: 42 })
