/**
 * The bucket (0..9999) of a text, such as an install id: MurmurHash3 (x86, 32 bits, seed 0) of its UTF-8, without its sign, and
 * of that the remainder by 10,000. Every language has a library for it, so that all devices compute the same.
 */
export const bucketOf = (text: string): number => murmurHash3(new TextEncoder().encode(text)) % 10_000

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))

/** https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp, as a number without sign. */
export const murmurHash3 = (bytes: Uint8Array): number => {
  const tailLength = bytes.length % 4
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let hash = 0
  for (let at = 0; at < bytes.length - tailLength; at += 4) {
    hash = Math.imul(rotated(hash ^ mixed(view.getUint32(at, true)), 13), 5) + 0xe6546b64
  }
  let tail = 0
  for (let at = bytes.length - 1; at >= bytes.length - tailLength; at--) tail = (tail << 8) | (bytes[at] ?? 0)
  hash ^= mixed(tail) ^ bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

const mixed = (word: number): number => Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593)
