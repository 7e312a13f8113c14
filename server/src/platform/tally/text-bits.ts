import {
  type BitReader,
  type BitWriter,
  readBits,
  readNumber,
  skipTo,
  UnreadableTally,
  writeBits,
  writeNumber,
} from './bits.ts'

/** Texts of nearly every tally, by number. Stored: a new one goes to the end, and none is ever taken away. At most 128. */
const known = [
  'requests',
  'api',
  'channel',
  'kind',
  'status',
  'cache',
  'revision',
  'held',
  'platform',
  'appVersion',
  'country',
  'event',
  'adoption',
  'v1',
  'v2',
  'beta',
  'stable',
  'read',
  'live',
  'openfeature',
  '2xx',
  '304',
  '3xx',
  '4xx',
  '5xx',
  'hit',
  'stale',
  'miss',
  'pass',
  'service',
  'none',
  'unknown',
  'other',
  'ios',
  'android',
  'web',
  'current',
  'older',
  'configVersion',
  'config_applied',
  'config_failed',
  'app_error',
  'session_start',
  'true',
  'false',
  'revalidated',
  'collapsed',
  'macos',
  'windows',
  'linux',
]
const numbers = new Map(known.map((text, number) => [text, number]))

/** Characters by the bits they take; the last number of each ends the text. */
const alphabets = [
  { bits: 4, characters: '0123456789.-+_r' },
  { bits: 5, characters: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.' },
  { bits: 5, characters: 'abcdefghijklmnopqrstuvwxyz_./-' },
].map(({ bits, characters }) => ({
  bits,
  characters,
  pattern: new RegExp(`^[${characters.replace('-', '\\-')}]*$`),
  codes: new Map([...characters].map((character, code) => [character, code])),
}))
const asBytes = alphabets.length + 1

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A text: as its number where it is well known, in the first alphabet that has its characters, or in UTF-8. */
export const writeText = (writer: BitWriter, text: string): void => {
  const number = numbers.get(text)
  if (number !== undefined) {
    writeBits(writer, 0, 3)
    writeBits(writer, number, 7)
    return
  }
  for (const [at, { bits, pattern, codes }] of alphabets.entries()) {
    if (!pattern.test(text)) continue
    writeBits(writer, at + 1, 3)
    for (const character of text) writeBits(writer, codes.get(character) ?? 0, bits)
    writeBits(writer, 2 ** bits - 1, bits)
    return
  }
  const bytes = encoder.encode(text)
  writeBits(writer, asBytes, 3)
  writeNumber(writer, bytes.length)
  for (const byte of bytes) writeBits(writer, byte, 8)
}

export const readText = (reader: BitReader): string => {
  const form = readBits(reader, 3)
  if (form === 0) {
    const text = known[readBits(reader, 7)]
    if (text === undefined) throw new UnreadableTally('a text of the tally is not known here')
    return text
  }
  const alphabet = alphabets[form - 1]
  if (alphabet !== undefined) return readCharacters(reader, alphabet)
  if (form !== asBytes) throw new UnreadableTally('a text of the tally is coded in no known way')
  return readUtf8(reader)
}

/** Passes over what writeText wrote. */
export const skipText = (reader: BitReader): void => {
  const form = readBits(reader, 3)
  const alphabet = alphabets[form - 1]
  if (form === 0) readBits(reader, 7)
  else if (alphabet !== undefined) skipTo(reader, 2 ** alphabet.bits - 1, alphabet.bits)
  else if (form === asBytes) for (let left = readNumber(reader); left > 0; left--) readBits(reader, 8)
  else throw new UnreadableTally('a text of the tally is coded in no known way')
}

const readCharacters = (
  reader: BitReader,
  { bits, characters }: { bits: number; characters: string },
): string => {
  let text = ''
  for (;;) {
    const code = readBits(reader, bits)
    if (code === 2 ** bits - 1) return text
    const character = characters[code]
    if (character === undefined) throw new UnreadableTally('a text of the tally has an unknown character')
    text += character
  }
}

const readUtf8 = (reader: BitReader): string => {
  const length = readNumber(reader)
  if (length > reader.bytes.length) throw new UnreadableTally('the tally is cut short')
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++) bytes[at] = readBits(reader, 8)
  try {
    return decoder.decode(bytes)
  } catch {
    throw new UnreadableTally('a text of the tally is no UTF-8')
  }
}
