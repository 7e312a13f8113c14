/** CRC16 of the Redis Cluster specification (XMODEM: polynomial 0x1021, from zero). */
const crc16 = (bytes: Buffer): number => {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff
  }
  return crc
}

/** The Cluster slot (0..16383) of a key; of its part in braces alone, where it has one that is not empty. */
export const keySlot = (key: string): number => {
  const start = key.indexOf('{')
  const end = start < 0 ? -1 : key.indexOf('}', start + 1)
  return crc16(Buffer.from(end > start + 1 ? key.slice(start + 1, end) : key)) % 16384
}
