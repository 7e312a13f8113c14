import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readLines } from './read-lines.ts'

const collect = (chunks: Uint8Array[]): Promise<string[]> => Array.fromAsync(readLines(Readable.from(chunks)))

test('lines end at a line feed alone, wherever the stream is cut', async () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => `${text}\u2028\u2029\u0085`)
  const cuts = fc.array(fc.nat(400), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 8 }), cuts, async (lines, places) => {
      const whole = lines.map((text) => text.replaceAll('\n', ''))
      const bytes = Buffer.from(whole.map((text) => `${text}\n`).join(''))
      const at = [0, ...places.sort((a, b) => a - b), bytes.length]
      const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end))
      expect(await collect(chunks.filter((chunk) => chunk.length > 0))).toEqual(whole)
    }),
  )
})

test('the last line needs no line feed', async () => {
  expect(await collect([Buffer.from('a\n\nb')])).toEqual(['a', '', 'b'])
})

test('what is not UTF-8 is refused', async () => {
  await expect(collect([Buffer.from([0x61, 0xff, 0x0a])])).rejects.toThrow('The lines are not UTF-8 text')
  await expect(collect([Buffer.from([0x61, 0x0a, 0xe2, 0x82])])).rejects.toThrow(
    'The lines are not UTF-8 text',
  )
})

test('a stream that is destroyed ends with the lines that were whole', async () => {
  const input = new Readable({ read: () => {} })
  input.push('a\nb\nhal')
  const lines: string[] = []
  for await (const line of readLines(input)) if (lines.push(line) === 2) input.destroy()
  expect(lines).toEqual(['a', 'b'])
})
