import { describe, expect, test } from 'vitest'
import { OutOfTime } from '../within.ts'
import { isStoreUnavailable } from './errors.ts'

const withCode = (code: string, more = {}) => Object.assign(new Error(code), { code, ...more })

describe('isStoreUnavailable', () => {
  test.each([
    '08006',
    '53300',
    '57P01',
    '57P03',
    '57014',
    '55P03',
    '55000',
    '25P03',
    '25006',
    'ECONNREFUSED',
    'EPIPE',
  ])('the code %s means that the store is away', (code) =>
    expect(isStoreUnavailable(withCode(code))).toBe(true),
  )
  test.each(['23505', '23503', '42P01', '40001', '22P02', 'ENOENT', 'ERR_INVALID_ARG_TYPE'])(
    'the code %s is an answer',
    (code) => expect(isStoreUnavailable(withCode(code))).toBe(false),
  )
  test('a missing Unix socket is a store that is away', () => {
    expect(isStoreUnavailable(withCode('ENOENT', { syscall: 'connect' }))).toBe(true)
  })
  test('out of time is a store that is away', () => {
    expect(isStoreUnavailable(new OutOfTime('late'))).toBe(true)
  })
  test('several refusals in one, and a refusal as the cause, are found', () => {
    expect(isStoreUnavailable(new AggregateError([withCode('ECONNREFUSED')]))).toBe(true)
    expect(isStoreUnavailable(new Error('x', { cause: withCode('ECONNRESET') }))).toBe(true)
  })
  test.each([null, undefined, 'text', 7, {}, new Error('division by zero')])('%s is no store', (value) => {
    expect(isStoreUnavailable(value)).toBe(false)
  })
})
