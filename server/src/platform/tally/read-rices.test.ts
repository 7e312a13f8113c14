import { describe, expect, it } from 'vitest'
import {
  createBitReader,
  createBitWriter,
  finishBits,
  readBits,
  UnreadableTally,
  writeBits,
  writeRice,
} from './bits.ts'
import { readRices } from './read-rices.ts'
import { drawsOf } from './tally.fixture.ts'

/** Most of them short at this k, some of a long run, a few written whole. */
const numbersOf = (k: number, length: number): number[] => {
  const draw = drawsOf(k * 7919 + length)
  return Array.from({ length }, () => {
    const ones = draw() < 0.95 ? Math.floor(draw() * 4) : Math.floor(draw() * 40)
    return ones * 2 ** k + Math.floor(draw() * 2 ** k)
  })
}

const ks = Array.from({ length: 14 }, (_, k) => k)

describe('codes of Golomb and Rice', () => {
  it.each(ks)('with k = %i are read as they were written, and what follows them too', (k) => {
    for (const length of [0, 1, 3, 4, 5, 100, 5000]) {
      const numbers = numbersOf(k, length)
      const writer = createBitWriter()
      writeBits(writer, 5, 3)
      for (const number of numbers) writeRice(writer, number, k)
      writeBits(writer, 0xabcdef, 24)
      const reader = createBitReader(finishBits(writer), 0)
      const read = new Int32Array(length)
      expect(readBits(reader, 3)).toBe(5)
      readRices(reader, k, read, length)
      expect([...read]).toEqual(numbers)
      expect(readBits(reader, 24)).toBe(0xabcdef)
    }
  })

  it.each(ks)('with k = %i are refused where they are cut short', (k) => {
    const writer = createBitWriter()
    for (const number of numbersOf(k, 100)) writeRice(writer, number, k)
    const bytes = finishBits(writer)
    for (let length = 0; length < bytes.length; length++) {
      const reader = createBitReader(bytes.subarray(0, length), 0)
      expect(() => readRices(reader, k, new Int32Array(100), 100)).toThrow(UnreadableTally)
    }
  })
})
