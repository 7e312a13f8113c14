import fc from 'fast-check'
import { expect, it } from 'vitest'
import { scanJson } from '../../../../contract/json-scan.ts'
import { keepsAllNames } from './keeps-all-names.ts'

const isWhole = (text: string): boolean => keepsAllNames(new TextEncoder().encode(text), JSON.parse(text))

it('notices a name that stands twice, wherever it stands and however it is written', () => {
  expect(isWhole('{"a":1,"b":"a","c":["a","\\"",{"a":"\\\\"}]}')).toBe(true)
  expect(isWhole('{"a":1,"a":2}')).toBe(false)
  expect(isWhole('{"a":1,"\\u0061":2}')).toBe(false)
  expect(isWhole('{"x":[{"a":"","b":{"c":1,"c":"\\\\"}}]}')).toBe(false)
  expect(isWhole('{"__proto__":1,"__proto__":2}')).toBe(false)
  expect(isWhole('[[[[[["too deep to be right"]]]]]]')).toBe(false)
})

it('agrees with the strict reader on every text that is not nested deeply', () => {
  const strings = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !text.includes('\0'))
  const members = fc.array(fc.tuple(fc.constantFrom('a', 'b', '"', 'é'), fc.oneof(strings, fc.integer())))
  fc.assert(
    fc.property(members, (pairs) => {
      const text = `{"events":[{${pairs.map((pair) => pair.map((part) => JSON.stringify(part)).join(':')).join()}}]}`
      expect(isWhole(text)).toBe(scanJson(text, 16).length === 0)
    }),
    { numRuns: 200 },
  )
})
