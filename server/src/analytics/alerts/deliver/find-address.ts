import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Networks } from '../../../platform/http/networks.ts'
import { isAllowedAddress } from './is-public-address.ts'

/** All addresses of a name, in the order in which they should be tried. */
export type Resolve = (name: string) => Promise<readonly string[]>

/** Where a message may not be sent. */
export class AddressRefused extends Error {
  override name = 'AddressRefused'
}

const resolveByHost: Resolve = async (name) =>
  (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address)

/**
 * The addresses that a host may be reached at; the name is resolved here, once, and connections are made to what was found and judged.
 * Where some are allowed and others are not, the name is not to be trusted. Throws {@link AddressRefused}.
 */
export const findAddresses = async (
  hostname: string,
  allowed: Networks,
  resolve: Resolve = resolveByHost,
): Promise<readonly string[]> => {
  const host = hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(host) ? [host] : await resolve(host)
  const refused = addresses.find((address) => !isAllowedAddress(address, allowed))
  if (refused !== undefined || addresses.length === 0) throw new AddressRefused(refusal(host, refused))
  return addresses
}

const refusal = (host: string, refused: string | undefined): string =>
  refused === undefined
    ? `${host} has no address`
    : `${host} is at ${refused}, which is no public address; PARASOL_ALERT_NETWORKS names those that may be used all the same`
