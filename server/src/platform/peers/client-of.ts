import { remoteAddressOf } from '../http/remote-address.ts'
import { contextOf } from '../http/request-context.ts'

/** Who asks, as an upstream is told: of a request through trusted proxies it is what they say. */
export interface Client {
  address: string | undefined
  proto: 'http' | 'https'
  /** The authority that was asked for, as in the Host header. */
  host: string
}

export type ClientOf = (request: Request) => Client

/**
 * The client of a request as the gateway's guard has found it, by what trusted proxies say; where none did, whoever is at the other
 * end of the connection.
 */
export const clientOfRequest: ClientOf = (request) => {
  const { url } = request
  const { client } = contextOf(request)
  const ownProto = url.startsWith('https:') ? 'https' : 'http'
  const begin = ownProto.length + 3
  const end = url.indexOf('/', begin)
  const address = client?.address ?? remoteAddressOf(request)
  return {
    address: address === 'unknown' ? undefined : address,
    proto: client?.proto ?? ownProto,
    host: client?.host ?? request.headers.get('host') ?? url.slice(begin, end < 0 ? undefined : end),
  }
}
