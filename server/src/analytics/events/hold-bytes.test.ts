import { expect, it } from 'vitest'
import { holdBytes } from './hold-bytes.ts'

it('refuses with 503 and Retry-After what all requests together may not hold, until some are answered', () => {
  const hold = holdBytes(100)
  const [one, two] = [hold(), hold()]
  one.take(60)
  one.take(20)
  two.take(20)
  expect(() => two.take(1)).toThrow(
    expect.objectContaining({ code: 'overloaded', headers: { 'retry-after': '2' } }),
  )
  one.end()
  one.end()
  two.take(80)
  expect(() => hold().take(1)).toThrow('More events arrive')
})
