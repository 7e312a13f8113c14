import { expect, it } from 'vitest'
import { holdBytes } from './hold-bytes.ts'

it('refuses with 503 and Retry-After what all requests together may not hold, until some are answered', () => {
  const hold = holdBytes(100)
  const [one, two] = [hold('shop'), hold('news')]
  one.take(30)
  one.take(10)
  two.take(30)
  expect(() => two.take(1)).toThrow(
    expect.objectContaining({ code: 'overloaded', headers: { 'retry-after': '2' } }),
  )
  one.end()
  one.end()
  two.take(20)
  expect(() => hold('mail').take(26)).toThrow('More events arrive')
  hold('mail').take(25)
})

it('leaves room for others, however much one app sends', () => {
  const hold = holdBytes(100)
  hold('shop').take(50)
  expect(() => hold('shop').take(1)).toThrow('More events arrive')
  hold('news').take(25)
  expect(() => hold('news').take(1)).toThrow('More events arrive')
  hold('mail').take(12)
})
