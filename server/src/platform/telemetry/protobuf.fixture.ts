/** How a field is read: a scalar of protobuf's, or the fields of a message. */
type Kind =
  | 'string'
  | 'hex'
  | 'int'
  | 'sint'
  | 'bool'
  | 'fixed64'
  | 'double'
  | 'fixed64s'
  | 'doubles'
  | 'ints'
  | (() => Fields)
/** Fields by their number; a name that ends in `[]` may come again and again. */
export type Fields = Readonly<Record<number, readonly [name: string, kind: Kind]>>

type Message = Record<string, unknown>

/** Decodes the wire format of protobuf by hand, so that what is checked is not read by what has written it. Throws at unknown wire types. */
export const decodeProtobuf = (bytes: Uint8Array, fields: Fields): Message => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const message: Message = {}
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at)
      at += 1
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const raw = (wireType: number): bigint | Uint8Array => {
    if (wireType === 0) return varint()
    const length = wireType === 1 ? 8 : wireType === 5 ? 4 : wireType === 2 ? Number(varint()) : -1
    if (length < 0) throw new Error(`wire type ${wireType}`)
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const value = raw(tag & 7)
    const [name = '', kind] = fields[tag >> 3] ?? []
    if (kind === undefined) continue
    if (name.endsWith('[]')) {
      const before = (message[name.slice(0, -2)] ?? []) as unknown[]
      message[name.slice(0, -2)] = [...before, read(value, kind)]
    } else message[name] = read(value, kind)
  }
  return message
}

const read = (value: bigint | Uint8Array, kind: Kind): unknown => {
  if (typeof kind === 'function') return decodeProtobuf(value as Uint8Array, kind())
  if (typeof value === 'bigint') {
    if (kind === 'bool') return value === 1n
    if (kind === 'sint') return Number(value >> 1n) ^ -Number(value & 1n)
    return Number(BigInt.asIntN(64, value))
  }
  if (kind === 'string') return new TextDecoder().decode(value)
  if (kind === 'hex') return Buffer.from(value).toString('hex')
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  const all = <One>(size: number, one: (at: number) => One): One[] =>
    Array.from({ length: value.length / size }, (_, index) => one(index * size))
  if (kind === 'double') return view.getFloat64(0, true)
  if (kind === 'doubles') return all(8, (at) => view.getFloat64(at, true))
  if (kind === 'fixed64') return Number(view.getBigInt64(0, true))
  if (kind === 'fixed64s') return all(8, (at) => Number(view.getBigInt64(at, true)))
  if (kind === 'ints') return varints(value)
  throw new Error(`${kind} has no length`)
}

const varints = (bytes: Uint8Array): number[] => {
  const found: number[] = []
  let value = 0
  let factor = 1
  for (const byte of bytes) {
    value += (byte & 0x7f) * factor
    factor *= 128
    if (byte >= 0x80) continue
    found.push(value)
    value = 0
    factor = 1
  }
  return found
}
