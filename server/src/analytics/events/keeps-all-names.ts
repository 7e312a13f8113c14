const quote = 0x22
const backslash = 0x5c

/** Deeper than this nothing of a batch can be right. */
const deepest = 5

/**
 * Whether JSON.parse lost nothing of these bytes: of members with the same name it keeps the last, in silence. Every name and text has
 * two quotes, so those that are left are counted. False also where a value is nested more deeply than any that could be right.
 */
export const keepsAllNames = (bytes: Uint8Array, value: unknown): boolean =>
  countQuotes(bytes) === 2 * countTexts(value, deepest)

const countQuotes = (bytes: Uint8Array): number => {
  if (!bytes.includes(backslash)) return countBytes(bytes, quote)
  let count = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) count++
    // What follows it is escaped. In JSON it stands within texts alone.
    else if (byte === backslash) at++
  }
  return count
}

/** Four at a time (Hacker's Delight, 6-1): the highest bit of each byte that is alike is set, and these are counted. */
const countBytes = (bytes: Uint8Array, byte: number): number => {
  const pattern = Math.imul(byte, 0x01010101)
  // Whole words of the buffer it stands in.
  const start = Math.min(bytes.length, (4 - (bytes.byteOffset & 3)) & 3)
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset + start, (bytes.length - start) >> 2)
  let count = 0
  for (let at = 0; at < words.length; at++) {
    const differing = (words[at] ?? 0) ^ pattern
    const alike = ~(((differing & 0x7f7f7f7f) + 0x7f7f7f7f) | differing | 0x7f7f7f7f)
    count += Math.imul(alike >>> 7, 0x01010101) >>> 24
  }
  for (let at = 0; at < start; at++) if (bytes[at] === byte) count++
  for (let at = start + words.length * 4; at < bytes.length; at++) if (bytes[at] === byte) count++
  return count
}

const countTexts = (value: unknown, depth: number): number => {
  if (typeof value === 'string') return 1
  if (typeof value !== 'object' || value === null || depth === 0) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const element of value) count += countTexts(element, depth - 1)
    return count
  }
  const members = value as Record<string, unknown>
  for (const name in members) count += 1 + countTexts(members[name], depth - 1)
  return count
}
