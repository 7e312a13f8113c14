import { describe, expect, it } from 'vitest'
import { layOverrides } from './lay-overrides.ts'

const overrides = [
  { name: 'dark', data: { theme: { primary: '#000' } } },
  { name: 'bare', data: { theme: { accent: null }, list: [2] } },
  { name: 'red', data: { theme: { primary: '#f00' }, extra: true } },
]
const data = { theme: { primary: '#fff', accent: '#0a0' }, list: [1], kept: { null: null } }

describe('layOverrides', () => {
  it('lays those that match over the data, one after the other, and changes nothing it is given', () => {
    const before = structuredClone(data)
    expect(layOverrides(data, overrides, [0, 1, 2])).toEqual({
      ...{ theme: { primary: '#f00' }, list: [2], kept: { null: null }, extra: true },
    })
    expect(layOverrides(data, overrides, [0])).toEqual({
      ...data,
      theme: { primary: '#000', accent: '#0a0' },
    })
    expect(data).toEqual(before)
  })

  it('gives the data itself where none matches', () => {
    expect(layOverrides(data, overrides, [])).toBe(data)
  })
})
