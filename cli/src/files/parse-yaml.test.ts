import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { JsonProblem } from '../../../contract/json.ts'
import { parseYaml } from './parse-yaml.ts'

const detailsOf = (text: string): string[] => {
  try {
    parseYaml(text, 8)
  } catch (error) {
    if (error instanceof JsonProblem) return error.findings.map(({ detail }) => detail)
    throw error
  }
  return []
}

test('reads what JSON could say; dates and words stay strings', () => {
  const text = `
text: |
  two
  lines
list: [1, -0.5, 1e3, true, null, ~]
day: 2027-06-30
words: [yes, no, on, off, NULLS]
"404": not found
again: &same { a: 1 }
shared: *same
`
  expect(parseYaml(text, 8)).toEqual({
    text: 'two\nlines\n',
    list: [1, -0.5, 1000, true, null, null],
    day: '2027-06-30',
    words: ['yes', 'no', 'on', 'off', 'NULLS'],
    '404': 'not found',
    again: { a: 1 },
    shared: { a: 1 },
  })
})

test('JSON is YAML', () => {
  expect(parseYaml('{"a": [1, "x", null], "b": {"c": false}}', 8)).toEqual({
    a: [1, 'x', null],
    b: { c: false },
  })
})

test('a quoted << is a key like any other', () => {
  expect(parseYaml('"<<": 1', 8)).toEqual({ '<<': 1 })
})

test('whatever JSON holds comes back from YAML as it was', () => {
  const json = fc
    .jsonValue({ maxDepth: 4 })
    // The writer leaves the key << without quotes, which makes it a merge key.
    .filter((value) => !/__proto__|constructor|\\u0000|"<<":/.test(JSON.stringify(value)))
  fc.assert(
    fc.property(json, (value) => {
      // -0 is 0 to JSON.
      const plain = JSON.parse(JSON.stringify(value))
      expect(parseYaml(stringify(plain), 64)).toEqual(plain)
    }),
  )
})

describe('refused, with the place', () => {
  test.each([
    ['a: 1\nb: 2\na: 3', /^The text is not YAML .+unique \(line 3, column 1\)\.$/],
    ['a: [1, 2\nb: 3', /^The text is not YAML .+\(line 2, column 1\)\.$/],
    ['a:\n\t- 1', /^The text is not YAML .+ \(line 2, column 1\)\.$/],
    ['a: 1\n---\nb: 2', /a file holds one document \(line 2, column 1\)/],
    ['a: !secret x', /Unresolved tag: !secret \(line 1, column 4\)/],
    ['a: !!set {x}', /Unresolved tag: .+ \(line 1, column 4\)/],
    ['404: not found', /^The name at line 1, column 1 is no string\. Put it in quotes\.$/],
    ['a: &x { b: 1 }\nc:\n  <<: *x', /^There is a merge key \(<<\) at line 3, column 3\./],
    ['a: 12345678901234567890', /^The number 12345678901234567890 would become .+ at line 1, column 4/],
    ['a: 0x1F', /^0x1F is no number that JSON knows; .+ at line 1, column 4/],
    ['a: .inf', /^\.inf is no number that JSON knows/],
    ['a: *nobody', /^The YAML can't be read: Unresolved alias/],
    ['a: &a\n  self: *a', /^The YAML can't be read: /],
    ['"__proto__": 1', /^The name "__proto__" at \/__proto__ is not allowed/],
    ['a: ["\\0"]', /^The string at \/a\/0 holds U\+0000/],
    ['[[[[[[[[[1]]]]]]]]]', /^More than 8 objects and arrays are inside one another/],
  ])('%j', (text, line) => {
    expect(detailsOf(text)[0]).toMatch(line)
  })

  test('aliases that multiply beyond all bounds, and nesting without measure, end soon', () => {
    const nine = (name: string): string => `[${Array(9).fill(`*${name}`).join(', ')}]`
    const bomb = `a: &a [1]\nb: &b ${nine('a')}\nc: &c ${nine('b')}\nd: &d ${nine('c')}\ne: ${nine('d')}`
    expect(detailsOf(bomb)[0]).toMatch(/alias/)
    expect(detailsOf('['.repeat(100_000))).not.toEqual([])
  })

  test('twenty places at most', () => {
    expect(detailsOf(Array.from({ length: 50 }, (_, at) => `${at}: x`).join('\n'))).toHaveLength(20)
  })
})
