import { Problem } from '../../../../contract/problems.ts'
import { pathOf } from '../../platform/http/observe.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import { surfaceOf } from './surface.ts'

/**
 * One gateway for two ports: what is for operators is answered on theirs alone, 404 on the public one. Theirs answers all,
 * so that /docs can try any request. Health is on both.
 */
export const splitSurfaces = (gateway: Peer): { public: Peer; admin: Peer } => ({
  public: (request) => {
    const path = pathOf(request.url)
    if (surfaceOf(path) === 'admin') throw notHere(path)
    return gateway(request)
  },
  admin: gateway,
})

const notHere = (path: string): Problem =>
  new Problem('route_not_found', {
    detail: `${path} is not an address of this port; operators have one of their own (PARASOL_ADMIN_PORT).`,
  })
