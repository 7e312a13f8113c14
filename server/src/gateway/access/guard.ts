import { toProblem } from '../../platform/http/problem-response.ts'
import { contextOf } from '../../platform/http/request-context.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import { type Client, createClientAddress } from './client-address.ts'
import { createAttempts } from './limit-attempts.ts'
import { type AddressLists, createRefuseAddress } from './refuse-address.ts'
import { surfaceOf } from './surface.ts'

/** The settings of the same names. */
export interface AccessSettings extends AddressLists {
  trustedProxies: readonly string[]
  forwardedHeader: string
  wrongTokensPerMinute: number
  hstsSeconds: number
}

/** What is decided by who asks, before anything else is. */
export interface Guard {
  /** Finds out who sent a request, and notes it beside it: what is refused next is logged, and answered, with that. */
  identify(request: Request): void
  /** Throws 403 when the address that a request is from is refused. `path` is the normalised path, without the query. */
  admit(request: Request, path: string): void
  /** Management with a bound on wrong tokens: 429. For requests that were admitted. A synchronous answer stays so. */
  boundAttempts(management: Peer): Peer
}

export const createGuard = (settings: AccessSettings): Guard => {
  const clientOf = createClientAddress(settings)
  const refuseAddress = createRefuseAddress(settings)
  const attempts = createAttempts({ most: settings.wrongTokensPerMinute })
  const strictTransport = settings.hstsSeconds > 0 ? `max-age=${settings.hstsSeconds}` : undefined
  const identify = (request: Request): Client => {
    const client = clientOf(request)
    const context = contextOf(request)
    context.client = client
    if (cameByTls(client, request)) context.strictTransport = strictTransport
    return client
  }
  return {
    identify,
    admit(request, path) {
      refuseAddress(contextOf(request).client ?? identify(request), surfaceOf(path))
    },
    boundAttempts: (management) => (request) => {
      const prefix = contextOf(request).client?.prefix ?? 'unknown'
      attempts.refuse(prefix, request)
      const note = (response: Response): Response => {
        attempts.note(prefix, request, response.status)
        return response
      }
      const noteRefusal = (error: unknown): never => {
        attempts.note(prefix, request, toProblem(error).status)
        throw error
      }
      const answer = management(request)
      return answer instanceof Promise ? answer.then(note, noteRefusal) : note(answer)
    },
  }
}

/** Over the whole way from the client: what a proxy says of its client goes before what we see of the proxy. */
const cameByTls = ({ proto }: Client, { url }: Request): boolean =>
  proto === undefined ? url.startsWith('https:') : proto === 'https'
