import { type Networks, networksOf } from '../../../platform/http/networks.ts'
import { readAddress } from '../../../platform/http/read-address.ts'

/**
 * What is not the public internet: this host, its networks, clouds' metadata, whole-network and reserved addresses (RFC 6890, the
 * IANA special-purpose registries), and IPv6 that stands for IPv4 (NAT64, 6to4, Teredo, compatible), which could be any of these.
 */
const special = networksOf([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...[
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.31.196.0/24',
    '192.52.193.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
  ],
  ...['192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  // A public address by its number, but inside Azure it answers every virtual machine, as metadata does.
  '168.63.129.16/32',
  ...['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
])
/** All IPv6 that is given out at all. */
const global = networksOf(['2000::/3'])

/** Whether messages may be sent to an address, as it came from a resolver or stood in a URL. */
export const isAllowedAddress = (text: string, allowed: Networks): boolean => {
  const address = readAddress(text)?.address
  if (address === undefined) return false
  if (!allowed.isEmpty && allowed.has(address)) return true
  if (special.has(address)) return false
  return !address.includes(':') || global.has(address)
}
