import { Problem } from '../../../../contract/problems.ts'
import { pathOf } from '../../platform/http/observe.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import type { Guard } from './guard.ts'
import { surfaceOf } from './surface.ts'

/**
 * A gateway as the public port has it where operators have one of their own: what is for them is 404. Theirs is the gateway as it
 * is, so that /docs can try any request; health is on both.
 */
export const publicPort =
  (gateway: Peer, { admit }: Guard): Peer =>
  (request) => {
    const path = pathOf(request.url)
    if (surfaceOf(path) !== 'admin') return gateway(request)
    // Whoever looks for it has an address that the log should know.
    admit(request, path)
    throw new Problem('route_not_found', {
      detail: `${path} is not an address of this port; operators have one of their own (PARASOL_ADMIN_PORT).`,
    })
  }
