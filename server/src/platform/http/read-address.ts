import { isIP } from 'node:net'

/** An IP address, written in one way. */
export interface Address {
  /** IPv4 in dotted form also where it came in IPv6 (`::ffff:1.2.3.4`); IPv6 in small letters, without a zone. */
  address: string
  /** What one client has: an IPv4 address as it is, of IPv6 the /64 (`2001:db8:0:1::/64`), which is one household's or server's. */
  prefix: string
}

/** Nothing longer is an address. */
export const longestAddress = 45

/** An address in its textual form; undefined for everything else. */
export const readAddress = (text: string): Address | undefined => {
  const family = text.length > longestAddress ? 0 : isIP(text)
  if (family === 4) return { address: text, prefix: text }
  if (family !== 6 || text.includes('%')) return undefined
  const groups = groupsOf(text)
  const mapped = mappedIpv4(groups)
  if (mapped !== undefined) return { address: mapped, prefix: mapped }
  return { address: text.toLowerCase(), prefix: `${hex(groups.slice(0, 4))}::/64` }
}

/**
 * The network of a client that a log may hold: without the last 8 bits of IPv4, and without the last 80 of IPv6, it names a
 * neighbourhood and no longer a household.
 */
export const truncateAddress = (prefix: string): string => {
  if (prefix.endsWith('/64')) return `${prefix.split(':').slice(0, 3).join(':')}::/48`
  const dot = prefix.lastIndexOf('.')
  return dot < 0 ? prefix : `${prefix.slice(0, dot)}.0/24`
}

const hex = (groups: readonly number[]): string => groups.map((group) => group.toString(16)).join(':')

/** The eight groups of 16 bits of an IPv6 address that `isIP` has checked. */
const groupsOf = (text: string): number[] => {
  const [head = '', tail] = withoutDots(text).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail ? tail.split(':') : []
  const gap = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...Array<string>(gap).fill('0'), ...right].map((group) => Number.parseInt(group, 16))
}

/** IPv6 may end in a dotted IPv4 address, which stands for its last two groups. */
const withoutDots = (text: string): string => {
  const dotted = text.slice(text.lastIndexOf(':') + 1)
  if (!dotted.includes('.')) return text
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number)
  return text.slice(0, -dotted.length) + hex([a * 256 + b, c * 256 + d])
}

/** The IPv4 address that an IPv6 address of `::ffff:0:0/96` stands for. */
const mappedIpv4 = (groups: readonly number[]): string | undefined => {
  const [high = 0, low = 0] = groups.slice(6)
  if (groups[5] !== 0xffff || groups.slice(0, 5).some((group) => group !== 0)) return undefined
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
