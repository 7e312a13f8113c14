import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCursor, encodeCursor, toPage } from './cursor.ts'

describe('cursors', () => {
  it('give back the key they were made of', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (text, number) => {
        expect(decodeCursor(encodeCursor(text), 'string')).toBe(text)
        expect(decodeCursor(encodeCursor(number), 'number')).toBe(number)
      }),
    )
  })

  it.each([['nonsense'], ['%'], [encodeCursor('a key')]])(
    '%s is refused where a number is wanted',
    (cursor) => {
      expect(() => decodeCursor(cursor, 'number')).toThrow(
        expect.objectContaining({ code: 'invalid_cursor', status: 400 }),
      )
    },
  )

  it('walk any list in pages of any size, each item once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1_000)), fc.integer({ min: 1, max: 7 }), (numbers, limit) => {
        const sorted = [...numbers].sort((a, b) => a - b)
        const seen: number[] = []
        for (let cursor: string | undefined; ; ) {
          const after = decodeCursor(cursor, 'number')
          const rows = sorted.filter((n) => after === null || n > after).slice(0, limit + 1)
          const page = toPage(
            rows,
            limit,
            (n) => n,
            (n) => n,
          )
          seen.push(...page.items)
          if (page.nextCursor === null) break
          cursor = page.nextCursor
        }
        expect(seen).toEqual(sorted)
      }),
    )
  })
})
