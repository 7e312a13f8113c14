/** The first and the last byte of a part. */
export interface ByteRange {
  first: number
  last: number
}

/** More parts than this are nobody's wish but an attacker's: the whole is cheaper (RFC 9110 §14.2). */
const rangesMost = 16

/**
 * The parts of `length` bytes that Range asks for (RFC 9110 §14.1.2), in its order; `whole` where it is to be ignored
 * (another unit, malformed, too many, more bytes than the whole), `none` where no byte of it exists.
 */
export const readRanges = (header: string, length: number): readonly ByteRange[] | 'whole' | 'none' => {
  const [, set] = /^bytes=(.*)$/i.exec(header.trim()) ?? []
  if (set === undefined) return 'whole'
  const ranges: ByteRange[] = []
  let count = 0
  for (const part of set.split(',')) {
    const text = part.trim()
    if (text === '') continue
    const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(text) ?? []
    if (first === '' && last === '') return 'whole'
    if (first !== '' && last !== '' && Number(first) > Number(last)) return 'whole'
    count += 1
    const range = rangeOf(first, last, length)
    if (range) ranges.push(range)
  }
  if (count === 0 || count > rangesMost) return 'whole'
  if (ranges.length === 0) return 'none'
  const total = ranges.reduce((sum, range) => sum + range.last - range.first + 1, 0)
  return total > length ? 'whole' : ranges
}

const rangeOf = (first: string, last: string, length: number): ByteRange | null => {
  if (first === '') {
    const suffix = Number(last)
    return suffix === 0 || length === 0 ? null : { first: Math.max(0, length - suffix), last: length - 1 }
  }
  if (Number(first) >= length) return null
  return { first: Number(first), last: last === '' ? length - 1 : Math.min(Number(last), length - 1) }
}

/** Several parts as multipart/byteranges (RFC 9110 §14.6). */
export const multipart = (
  bytes: Uint8Array<ArrayBuffer>,
  ranges: readonly ByteRange[],
  type: string | undefined,
  boundary: string,
): Uint8Array<ArrayBuffer> => {
  const typeLine = type === undefined ? '' : `Content-Type: ${type}\r\n`
  const pieces: Uint8Array[] = []
  for (const { first, last } of ranges) {
    const range = `Content-Range: bytes ${first}-${last}/${bytes.length}\r\n\r\n`
    pieces.push(
      Buffer.from(`\r\n--${boundary}\r\n${typeLine}${range}`, 'latin1'),
      bytes.subarray(first, last + 1),
    )
  }
  pieces.push(Buffer.from(`\r\n--${boundary}--\r\n`))
  return Buffer.concat(pieces)
}
