/**
 * The bucket (0..9999) of a text, such as an install id: FNV-1a (32 bits) of its UTF-8, then the finalizer of MurmurHash3, and
 * of that the remainder by 10,000. A few lines in any language, so that all devices can compute it the same way.
 */
export const bucketOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % 10_000
}
