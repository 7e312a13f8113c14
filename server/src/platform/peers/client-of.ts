import { remoteAddressOf } from '../http/remote-address.ts'

/** Who asks, as an upstream is told: of a request through trusted proxies it is what they say. */
export interface Client {
  address: string | undefined
  proto: 'http' | 'https'
  /** The authority that was asked for, as in the Host header. */
  host: string
}

export type ClientOf = (request: Request) => Client

/** The client of a request for which no proxy is trusted: whoever is at the other end of the connection. */
export const directClientOf: ClientOf = (request) => {
  const { url } = request
  const proto = url.startsWith('https:') ? 'https' : 'http'
  const begin = proto.length + 3
  const end = url.indexOf('/', begin)
  return {
    address: remoteAddressOf(request),
    proto,
    host: request.headers.get('host') ?? url.slice(begin, end < 0 ? undefined : end),
  }
}
