/** 64 bits as two halves, so that nothing is allocated for each device. */
export interface DeviceHash {
  high: number
  low: number
}

/** MurmurHash3's last step (fmix32): each bit of the number changes about half of the result's. */
const mix = (word: number): number => {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/**
 * 64 bits of a text: MurmurHash3 (x86, 32 bits) over its UTF-16 units with two seeds. Not for secrets: whoever chooses the texts
 * can make them meet.
 */
export const hashText = (text: string): DeviceHash => {
  let high = 0x9747b28c
  let low = 0x3c6ef372
  for (let at = 0; at < text.length; at++) {
    const unit = Math.imul(text.charCodeAt(at), 0xcc9e2d51)
    const turned = Math.imul((unit << 15) | (unit >>> 17), 0x1b873593)
    high = step(high ^ turned)
    low = step(low ^ turned)
  }
  return { high: mix(high ^ text.length), low: mix(low ^ Math.imul(text.length, 0x9e3779b9)) }
}

const step = (hash: number): number => (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0

/** 64 bits of (app, bucket), made into `hash`: `app` is `hashText(appId)`. */
export const hashBucket = (app: DeviceHash, bucket: number, hash: DeviceHash): void => {
  const high = mix(app.high ^ Math.imul(bucket + 1, 0x9e3779b1))
  hash.high = high
  hash.low = mix(app.low ^ Math.imul(bucket + 1, 0x85ebca77) ^ high)
}
