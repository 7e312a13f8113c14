import { beforeAll, describe, expect, it } from 'vitest'
import { atEnd, endAll } from './at-end.ts'

const ended: string[] = []

describe('what is to be ended', () => {
  beforeAll(() => atEnd(() => ended.push('file')))

  it('is left alone while its test runs', () => {
    atEnd(() => ended.push('first'))
    atEnd(() => ended.push('second'))
    expect(ended).toEqual([])
  })

  it('ends after its test, last first, and not before the file where a hook asked for it', () => {
    expect(ended).toEqual(['second', 'first'])
  })
})

describe('at the end of a file', () => {
  beforeAll(() => atEnd(() => Promise.reject(new Error('stuck'))))

  it('all is ended, also what began before that which does not end well', async () => {
    await expect(endAll()).rejects.toThrow('stuck')
    expect(ended).toEqual(['second', 'first', 'file'])
  })
})
