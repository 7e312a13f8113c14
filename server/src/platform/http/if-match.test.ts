import { describe, expect, it } from 'vitest'
import { checkIfMatch } from './if-match.ts'

describe('If-Match', () => {
  it.each([
    [undefined, 7],
    [undefined, null],
    ['"7"', 7],
    ['*', 7],
    ['"6", "7"', 7],
  ])('%s lets revision %s pass', (header, current) => {
    expect(() => checkIfMatch(header, current)).not.toThrow()
  })

  it.each([
    ['"6"', 7],
    ['7', 7],
    ['W/"7"', 7],
    ['"77"', 7],
    ['*', null],
    ['"7"', null],
  ])('%s refuses revision %s with 412', (header, current) => {
    expect(() => checkIfMatch(header, current)).toThrow(
      expect.objectContaining({ code: 'revision_mismatch', status: 412 }),
    )
  })
})
