import { expect, it } from 'vitest'
import { prepareHeaders } from './prepared-answer.ts'

it.each(['a\r\nb: c', 'a\nb', 'a\0b', '\u0100', '\u{1f600}', '\x7f'])(
  'refuses headers with the value %j, which would be written as it is',
  (value) => {
    expect(() => prepareHeaders({ 'x-a': 'b', 'x-b': value })).toThrow(TypeError)
  },
)

it.each(['', 'x a', 'x:a', 'x\r\na', 'X-A'])('refuses headers with the name %j', (name) => {
  expect(() => prepareHeaders({ [name]: 'b' })).toThrow(TypeError)
})

it('takes every value that a header may have, and writes it', () => {
  expect(prepareHeaders({ 'x-a': 'a\t ~\x80\xff', 'x-b': '' }).lines).toBe('x-a: a\t ~\x80\xff\r\nx-b: \r\n')
})
