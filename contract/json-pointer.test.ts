import { expect, test } from 'vitest'
import { jsonPointer } from './json-pointer.ts'

test('the whole document is the empty pointer', () => {
  expect(jsonPointer([])).toBe('')
})

test('names and indexes are joined by slashes, as in RFC 6901 section 5', () => {
  expect(jsonPointer(['foo', 0])).toBe('/foo/0')
  expect(jsonPointer([''])).toBe('/')
})

test('a tilde and a slash inside a name are escaped, the tilde first', () => {
  expect(jsonPointer(['a/b'])).toBe('/a~1b')
  expect(jsonPointer(['m~n'])).toBe('/m~0n')
  expect(jsonPointer(['~1'])).toBe('/~01')
})
