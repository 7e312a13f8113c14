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
    expect(() => checkIfMatch(header, current, { required: false })).not.toThrow()
  })

  it('that is required and not there is refused with 428, unless there is nothing yet', () => {
    const required = { required: true }
    expect(() => checkIfMatch(undefined, 7, required)).toThrow(
      expect.objectContaining({ code: 'precondition_required', status: 428, headers: { etag: '"7"' } }),
    )
    expect(() => checkIfMatch(undefined, null, required)).not.toThrow()
    expect(() => checkIfMatch('"7"', 7, required)).not.toThrow()
  })

  it.each([
    ['"6"', 7],
    ['7', 7],
    ['W/"7"', 7],
    ['"77"', 7],
    ['*', null],
    ['"7"', null],
  ])('%s refuses revision %s with 412', (header, current) => {
    expect(() => checkIfMatch(header, current, { required: true })).toThrow(
      expect.objectContaining({ code: 'revision_mismatch', status: 412 }),
    )
  })
})
