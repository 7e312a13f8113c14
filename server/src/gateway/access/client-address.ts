import { networksOf } from '../../platform/http/networks.ts'
import { type Address, longestAddress, readAddress } from '../../platform/http/read-address.ts'
import { remoteAddressOf } from '../../platform/http/remote-address.ts'
import { commaBefore, commaBeforeForwarded, type ForwardedElement, readForwarded } from './forwarded.ts'
import { remember } from './remember.ts'

/** Who asks. */
export interface Client extends Address {
  /** What the trusted proxy next to the client saw; undefined without one: then the request's own URL tells. */
  proto: 'http' | 'https' | undefined
  host: string | undefined
}

interface ClientAddressOptions {
  /** Networks whose word counts, as PARASOL_TRUSTED_PROXIES has them. */
  trustedProxies: readonly string[]
  /** The one header that is read: `Forwarded`, or one with a list of addresses such as X-Forwarded-For. */
  forwardedHeader: string
}

/** One station on the way of a request. */
interface Hop {
  client: Client
  isTrusted: boolean
}

/** Somebody whose connection is gone, or who came over none. */
const unknown: Client = Object.freeze({
  address: 'unknown',
  prefix: 'unknown',
  proto: undefined,
  host: undefined,
})

const rememberedHops = { most: 10_000, longest: longestAddress }
/** More proxies than any way has. */
const mostHops = 16

/**
 * Tells who sent a request. Only a trusted proxy's word counts, and of what it tells only what trusted proxies have added: read
 * from the right, the first address that is not a trusted one is the client. What is malformed, or hidden (`for=_x`), ends
 * the way: then the last proxy before it is the client. Whoever comes directly costs one look into a map.
 */
export const createClientAddress = ({
  trustedProxies,
  forwardedHeader,
}: ClientAddressOptions): ((request: Request) => Client) => {
  const trusted = networksOf(trustedProxies)
  const hopOf = remember<Hop | null>((text) => {
    const address = readAddress(text)
    if (!address) return null
    const client = Object.freeze({ ...address, proto: undefined, host: undefined })
    return { client, isTrusted: !trusted.isEmpty && trusted.has(address.address) }
  }, rememberedHops)
  const told = forwardedHeader.toLowerCase() === 'forwarded' ? inForwarded : inList(forwardedHeader)
  return (request) => {
    const remote = remoteAddressOf(request)
    const hop = remote === undefined ? null : hopOf(withoutZone(remote))
    if (hop === null) return unknown
    return hop.isTrusted ? walk(hop, request.headers, told, hopOf) : hop.client
  }
}

/** How a header tells of the way. */
interface Told {
  header: string
  /** Where the item that ends at `end` begins: the comma before it, or -1. */
  commaBefore(value: string, end: number): number
  read(item: string): ForwardedElement | undefined
  /** What other headers tell of the item that is so many steps from the right. */
  beside(headers: Headers, step: number): { proto: string | undefined; host: string | undefined }
}

const inForwarded: Told = {
  header: 'forwarded',
  commaBefore: commaBeforeForwarded,
  read: readForwarded,
  beside: () => ({ proto: undefined, host: undefined }),
}

const inList = (header: string): Told => ({
  header,
  commaBefore,
  read: (item) => ({ for: item.trim(), proto: undefined, host: undefined }),
  beside: (headers, step) => ({
    proto: fromRight(headers.get('x-forwarded-proto'), step),
    host: fromRight(headers.get('x-forwarded-host'), step),
  }),
})

const walk = (from: Hop, headers: Headers, told: Told, hopOf: (text: string) => Hop | null): Client => {
  const value = headers.get(told.header) ?? ''
  let hop = from
  let element: ForwardedElement | undefined
  let step = 0
  for (let end = value.length; end > 0 && step < mostHops; step++) {
    const comma = told.commaBefore(value, end)
    const read = told.read(value.slice(comma + 1, end))
    if (!read) break
    // Its sender is trusted also where the address in it cannot be read.
    element = read
    const next = read.for === undefined ? null : hopOf(addressIn(read.for))
    if (!next) break
    hop = next
    if (!hop.isTrusted) break
    end = comma
  }
  const beside = told.beside(headers, step)
  const { address, prefix } = hop.client
  return {
    address,
    prefix,
    proto: protoIn(element?.proto ?? beside.proto),
    host: hostIn(element?.host ?? beside.host),
  }
}

const nodePattern = /^(?:\[([\da-f:.]+)\]|([\d.]+))(?::[\w.-]{1,32})?$/i

/** The address of a `node` (RFC 7239 §6), whose port says nothing; anything else as it is, which no address is. */
const addressIn = (node: string): string => {
  const [, v6, v4] = nodePattern.exec(node) ?? []
  // Brackets are for IPv6 alone.
  return v6 === undefined ? (v4 ?? node) : v6.includes(':') ? v6 : ''
}

/** The item so many steps from the right, or the first where there are fewer: a proxy may replace the list by one item. */
const fromRight = (list: string | null, step: number): string | undefined => {
  if (list === null) return undefined
  const items = list.split(',')
  return items[Math.max(0, items.length - 1 - step)]?.trim()
}

const protoIn = (text: string | undefined): Client['proto'] => {
  const proto = text?.toLowerCase()
  return proto === 'https' || proto === 'http' ? proto : undefined
}

const hostIn = (text: string | undefined): string | undefined =>
  text !== undefined && /^[\w.:[\]-]{1,255}$/.test(text) ? text : undefined

/** Link-local addresses name the interface too (`fe80::1%eth0`). */
const withoutZone = (address: string): string => {
  const at = address.indexOf('%')
  return at < 0 ? address : address.slice(0, at)
}
