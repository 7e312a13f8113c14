/** What knows who is at the other end. */
interface Source {
  readonly remoteAddress?: string | undefined
}

/** On the Request itself, as its context is. */
const sourceKey = Symbol('source')
interface Carrier {
  [sourceKey]?: Source
}

/** Notes where a request came from; what is asked for later, and of few requests, costs no more than this. */
export const noteSource = (request: Request, source: Source): void => {
  const carrier: Request & Carrier = request
  carrier[sourceKey] = source
}

/**
 * The address at the other end of a request's connection, which may be a proxy's; IPv4 in dotted form also where the socket
 * speaks IPv6. Undefined for a request that came over no connection, and for one whose connection is gone.
 */
export const remoteAddressOf = (request: Request): string | undefined => {
  const { [sourceKey]: source }: Request & Carrier = request
  if (source === undefined) return undefined
  const address = source.remoteAddress
  return address?.startsWith('::ffff:') ? address.slice(7) : address
}

/** Lets a request that was made of another come from where that one does. */
export const shareSource = (from: Request, to: Request): void =>
  noteSource(to, { remoteAddress: remoteAddressOf(from) })
