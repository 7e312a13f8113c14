import { Problem } from '../../../../contract/problems.ts'
import { corsHeaders } from '../../platform/http/cors.ts'
import { type Networks, networksOf } from '../../platform/http/networks.ts'
import { longestAddress } from '../../platform/http/read-address.ts'
import type { Client } from './client-address.ts'
import { remember } from './remember.ts'
import type { Surface } from './surface.ts'

/** Networks as the settings of the same names have them. */
export interface AddressLists {
  allowIps: readonly string[]
  denyIps: readonly string[]
  managementIps: readonly string[]
}

const rememberedClients = { most: 10_000, longest: longestAddress }

/**
 * Refuses clients by their address: throws 403 `address_refused`. Whoever is denied gets nothing at all. Of the others only those
 * allowed get in, where there is such a list; for operators' addresses the management list counts instead, where there
 * is one. Probes are for whoever is not denied: an orchestrator is no client.
 */
export const createRefuseAddress = (
  lists: AddressLists,
): ((client: Pick<Client, 'address'>, surface: Surface) => void) => {
  const denied = networksOf(lists.denyIps)
  const allowed = networksOf(lists.allowIps)
  const managing = lists.managementIps.length > 0 ? networksOf(lists.managementIps) : allowed
  if (denied.isEmpty && allowed.isEmpty && managing.isEmpty) return () => {}
  const isIn = (networks: Networks, address: string): boolean => networks.isEmpty || networks.has(address)
  const judge = remember<Record<Surface, boolean>>((address) => {
    const isKnown = address !== 'unknown'
    const mayEnter = !isKnown || denied.isEmpty || !denied.has(address)
    return {
      probe: mayEnter,
      public: mayEnter && (isKnown ? isIn(allowed, address) : allowed.isEmpty),
      admin: mayEnter && (isKnown ? isIn(managing, address) : managing.isEmpty),
    }
  }, rememberedClients)
  return ({ address }, surface) => {
    if (!judge(address)[surface]) throw refused(address, surface)
  }
}

const refused = (address: string, surface: Surface): Problem =>
  new Problem('address_refused', {
    detail:
      surface === 'admin'
        ? `Management does not answer ${address}. Its operator says which addresses may (PARASOL_MANAGEMENT_IPS).`
        : `This server does not answer ${address}. Its operator says which addresses may (PARASOL_ALLOW_IPS, PARASOL_DENY_IPS).`,
    // A page that reads configs is to be told why it may not.
    ...(surface === 'public' && { headers: corsHeaders }),
  })
