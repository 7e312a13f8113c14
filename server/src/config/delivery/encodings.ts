import { promisify } from 'node:util'
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib'

/** The content codings we can answer in, best first where the client likes several equally. */
export const codings = ['br', 'zstd', 'gzip', 'identity'] as const
export type Coding = (typeof codings)[number]

/**
 * Windows as large as the document: by default brotli and zstd prepare megabytes for each, which takes ten times as long
 * as compressing 20 KB, and pushes the garbage collector.
 */
const windowBits = (bytes: Buffer): number =>
  Math.min(22, Math.max(16, Math.ceil(Math.log2(bytes.byteLength + 16))))

const compressors: Record<Exclude<Coding, 'identity'>, (bytes: Buffer) => Promise<Buffer<ArrayBuffer>>> = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        // 11 is smaller by 12 to 19 %, but takes 17 to 33 times as long: too long for the first reader of a cold app.
        [constants.BROTLI_PARAM_QUALITY]: 9,
        [constants.BROTLI_PARAM_LGWIN]: windowBits(bytes),
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
      },
    }),
  zstd: (bytes) =>
    promisify(zstdCompress)(bytes, {
      params: { [constants.ZSTD_c_compressionLevel]: 12 },
      pledgedSrcSize: bytes.byteLength,
    }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: 9 }),
}

/** Compresses off the main thread; undefined when the result would not be smaller. */
export const compress = async (
  coding: Exclude<Coding, 'identity'>,
  bytes: Buffer,
): Promise<Buffer<ArrayBuffer> | undefined> => {
  const compressed = await compressors[coding](bytes)
  return compressed.byteLength < bytes.byteLength ? compressed : undefined
}

/** Accept-Encoding as clients send it comes in few spellings: each is parsed once. */
const known = new Map<string, readonly Coding[]>()
const knownMost = 1_000
/** Longer than any client's: remembering those would let strangers fill the memory. */
const knownLength = 200

/**
 * The codings a client accepts, best first (RFC 9110 §12.5.3). `identity` always stands at the end: a client that refuses
 * even that is better served with a config it can read than with 406.
 */
export const acceptedCodings = (header: string | null): readonly Coding[] => {
  if (header === null) return identityOnly
  if (header.length > knownLength) return parseAcceptEncoding(header)
  const before = known.get(header)
  if (before) return before
  const accepted = parseAcceptEncoding(header)
  if (known.size >= knownMost) known.clear()
  known.set(header, accepted)
  return accepted
}

const identityOnly: readonly Coding[] = ['identity']
const weightPattern = /^q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i

const parseAcceptEncoding = (header: string): readonly Coding[] => {
  const weights = new Map<string, number>()
  for (const item of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim())
    const weight = parameters.map((part) => weightPattern.exec(part)?.[1]).find((q) => q !== undefined)
    if (name) weights.set(name === 'x-gzip' ? 'gzip' : name, parameters.length > 0 ? Number(weight ?? 0) : 1)
  }
  const weightOf = (coding: Coding): number => weights.get(coding) ?? weights.get('*') ?? 0
  const compressed = codings.filter((coding) => coding !== 'identity' && weightOf(coding) > 0)
  // A stable sort keeps our own order between codings of one weight.
  compressed.sort((a, b) => weightOf(b) - weightOf(a))
  const preferred = weights.get('identity') ?? 0
  return [...compressed.filter((coding) => weightOf(coding) >= preferred), 'identity']
}
