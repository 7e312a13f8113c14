import { createHash, timingSafeEqual } from 'node:crypto'
import { type Role, roles } from '../../../../contract/key.ts'
import { Problem } from '../../../../contract/problems.ts'

/** The apps that a token may touch: those that fit all that is given. */
export interface AppScope {
  appIds: readonly string[] | null
  labels: Readonly<Record<string, string>> | null
}

/** Who makes a change; the name stands in releases and in the audit log. */
export interface Actor {
  name: string
  role: Role
  scope: AppScope
}

export type Authenticate = (request: Request) => Promise<Actor>
/**
 * Finds who holds a token that is not the administrator's; undefined for one that does not count. Throws 403 for one that
 * counts, but not here.
 */
export type FindKeyHolder = (token: string) => Promise<Actor | undefined>

export const wholeFleet: AppScope = { appIds: null, labels: null }
/** Whoever holds the admin token. */
export const administrator: Actor = { name: 'admin', role: 'admin', scope: wholeFleet }

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

const unauthorized = (token: string | undefined): Problem =>
  new Problem('unauthorized', {
    detail: token
      ? 'This token is not known here, or has expired or been revoked.'
      : 'Send the header `Authorization: Bearer <token>`; the first start printed the admin token.',
    headers: {
      'www-authenticate': token ? 'Bearer realm="parasol", error="invalid_token"' : 'Bearer realm="parasol"',
    },
  })

/** Recognises the bearer token (RFC 6750) of a management request. The returned function throws 401. */
export const createAuthenticate = (adminToken: string, findKeyHolder: FindKeyHolder): Authenticate => {
  const expected = sha256(adminToken)
  return async (request) => {
    const [scheme, token, ...rest] = (request.headers.get('authorization') ?? '').split(' ')
    if (token === undefined || rest.length > 0 || scheme?.toLowerCase() !== 'bearer')
      throw unauthorized(token)
    // Hashes have one length, so the comparison takes the same time whatever was sent.
    if (timingSafeEqual(sha256(token), expected)) return administrator
    const holder = await findKeyHolder(token)
    if (!holder) throw unauthorized(token)
    return holder
  }
}

/** The 403 for a token that counts, but not for this (RFC 6750 §3.1). */
export const forbidden = (detail: string): Problem =>
  new Problem('forbidden', {
    detail,
    headers: { 'www-authenticate': 'Bearer realm="parasol", error="insufficient_scope"' },
  })

/** Whether an actor has this role or a higher one. */
export const hasRole = (actor: Actor, role: Role): boolean => roles.indexOf(actor.role) >= roles.indexOf(role)

/** Throws 403 for an actor below this role; `what` is what they may not do. */
export const requireRole = (actor: Actor, role: Role, what = 'this'): void => {
  if (hasRole(actor, role)) return
  throw forbidden(`The token of ${actor.name} has the role ${actor.role}; ${what} takes ${role}.`)
}

/** Whether an actor may touch an app. */
export const isInScope = ({ scope }: Actor, app: { app_id: string; labels: unknown }): boolean => {
  const labels = app.labels as Record<string, string>
  return (
    (scope.appIds === null || scope.appIds.includes(app.app_id)) &&
    (scope.labels === null || Object.entries(scope.labels).every(([name, value]) => labels[name] === value))
  )
}

/** Throws 403 for an app that the actor's token is not for. */
export const requireScope = (actor: Actor, app: { app_id: string; labels: unknown }): void => {
  if (!isInScope(actor, app)) throw forbidden(`The token of ${actor.name} is not for the app ${app.app_id}.`)
}

/** Whether a token is for every app there is and will be. */
export const hasWholeFleet = ({ scope }: Actor): boolean => scope.appIds === null && scope.labels === null

/** Throws 403 for a token that is limited to some apps; `what` is what it cannot do. */
export const requireWholeFleet = (actor: Actor, what: string): void => {
  if (hasWholeFleet(actor)) return
  throw forbidden(`The token of ${actor.name} is for some apps only; ${what} takes one for the whole fleet.`)
}
