import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Line, readLines } from './read-lines.ts'

const limits = { maxBytes: 100, maxDepth: 10 }

/** The body in chunks of any size. */
const requestOf = (chunks: readonly Uint8Array[]): Request => {
  const waiting = [...chunks]
  const body = new ReadableStream({
    pull(controller) {
      const chunk = waiting.shift()
      if (chunk) controller.enqueue(chunk)
      else controller.close()
    },
  })
  return new Request('http://parasol/', { method: 'POST', body, duplex: 'half' } as RequestInit)
}

const linesOf = async (...chunks: (string | Uint8Array)[]): Promise<Line[]> => {
  const bytes = chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk))
  return Array.fromAsync(readLines(requestOf(bytes), limits))
}

const refusalsOf = (lines: Line[]) =>
  lines.map((line) => ('problem' in line ? `${line.number} ${line.problem.code}` : line.number))

describe('lines of NDJSON', () => {
  it('come one by one with their numbers; the last needs no line feed, and blank ones are passed over', async () => {
    expect(await linesOf('{"a":1}\n\n  \t\r\n[2]\r\n"drei"')).toEqual([
      { number: 1, value: { a: 1 }, bytes: 7 },
      { number: 4, value: [2], bytes: 4 },
      { number: 5, value: 'drei', bytes: 6 },
    ])
    expect(await linesOf('')).toEqual([])
    expect(await linesOf('\n\n')).toEqual([])
  })

  it('are the same however the bytes are cut', async () => {
    const values = fc.array(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.integer()), {
      maxLength: 20,
    })
    await fc.assert(
      fc.asyncProperty(values, fc.array(fc.nat(40)), async (wanted, cuts) => {
        const bytes = Buffer.from(wanted.map((value) => `${JSON.stringify(value)}\n`).join(''))
        const chunks: Uint8Array[] = []
        let at = 0
        for (const size of cuts) {
          chunks.push(bytes.subarray(at, at + size))
          at += size
        }
        const read = await linesOf(...chunks, bytes.subarray(at))
        const readable = wanted.filter((value) => !String(value).includes('\0'))
        expect(read.flatMap((line) => ('value' in line ? [line.value] : []))).toEqual(readable)
      }),
    )
  })

  it('that are refused stop nothing but themselves', async () => {
    const lines = await linesOf(
      '{"a":1,"a":2}\n{"a":\n',
      Buffer.from([0x22, 0xff, 0x22, 0x0a]),
      `"${'x'.repeat(99)}"\n"${'y'.repeat(98)}"\n`,
      `${'['.repeat(11)}${']'.repeat(11)}\n`,
      '{"cut": "off',
    )
    expect(refusalsOf(lines)).toEqual([
      '1 duplicate_key',
      '2 invalid_json',
      '3 invalid_json',
      '4 body_too_large',
      5,
      '6 too_deep',
      '7 invalid_json',
    ])
  })

  it('beyond the bound are not kept in memory', async () => {
    const mebibyte = new Uint8Array(2 ** 20).fill(0x20)
    const endless = Array.from({ length: 256 }, () => mebibyte)
    const before = process.memoryUsage().arrayBuffers
    const lines = await linesOf('"', ...endless, '"\n7')
    expect(refusalsOf(lines)).toEqual(['1 body_too_large', 2])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20)
  })

  it('of a client that breaks off end with a refusal of the whole', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('1\n2'))
      },
      pull(controller) {
        controller.error(new Error('gone'))
      },
    })
    const request = new Request('http://parasol/', { method: 'POST', body, duplex: 'half' } as RequestInit)
    const seen: Line[] = []
    const reading = (async () => {
      for await (const line of readLines(request, limits)) seen.push(line)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'invalid_request' })
  })
})
