import { expect, it } from 'vitest'
import { listedNames } from './listed-names.ts'

it.each([
  [null, []],
  ['', []],
  ['Close', ['close']],
  ['X-A ,\tx-b,  keep-alive', ['x-a', 'x-b', 'keep-alive']],
])('reads the names in %j', (value, names) => {
  expect(listedNames(value)).toEqual(names)
})

it('reads white space without measure in a time that grows with its length alone', () => {
  // Squared it would be minutes.
  const value = `a${' '.repeat(1_000_000)}b`
  expect(listedNames(value)).toEqual([value])
})
