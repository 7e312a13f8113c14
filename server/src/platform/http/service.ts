import { Hono } from 'hono'
import { Problem } from '../../../../contract/problems.ts'
import { problemResponse, toProblem } from './problem-response.ts'

export interface ServiceOptions {
  /** Told of each error that is our fault, before the caller gets a problem without its cause. */
  onFault: (error: Problem, request: Request) => void
}

/** An empty Hono app in which every failure, also 404, 405 and a crash, is problem+json. */
export const createService = ({ onFault }: ServiceOptions): Hono => {
  const service = new Hono({ strict: true })
  service.onError((error, c) => {
    const problem = toProblem(error)
    if (problem.status >= 500) onFault(problem, c.req.raw)
    return problemResponse(problem, c.req.raw)
  })
  service.notFound((c) => {
    const allowed = methodsOf(service, c.req.path)
    const allow = { allow: allowed.join(', ') }
    if (allowed.length > 0 && c.req.method === 'OPTIONS') {
      return new Response(null, { status: 204, headers: allow })
    }
    // A route of this very method that found nothing is a 404 too.
    if (allowed.length === 0 || allowed.includes(c.req.method)) {
      return problemResponse(notFound(c.req.path), c.req.raw)
    }
    return problemResponse(methodNotAllowed(c.req.method, allow), c.req.raw)
  })
  return service
}

const notFound = (path: string): Problem =>
  new Problem('route_not_found', {
    detail: `${path} is not an address of this server; /docs lists them all.`,
  })

/** The 405 for a method that an address does not support; `headers` must carry Allow (RFC 9110 §15.5.6). */
export const methodNotAllowed = (method: string, headers: { allow: string }): Problem =>
  new Problem('method_not_allowed', {
    detail: `${method} is not supported here; use ${headers.allow}.`,
    headers,
  })

/** The methods that some route answers at this path, for Allow. Routes are few: a scan is enough off the hot path. */
const methodsOf = (service: Hono, path: string): string[] => {
  const parts = path.split('/')
  const matches = service.routes.filter((route) => {
    const pattern = route.path.split('/')
    return (
      pattern.length === parts.length &&
      pattern.every((part, i) => (part.startsWith(':') ? parts[i] !== '' : part === parts[i]))
    )
  })
  const methods = new Set(matches.map((route) => route.method).filter((method) => method !== 'ALL'))
  if (methods.has('GET')) methods.add('HEAD')
  if (methods.size > 0) methods.add('OPTIONS')
  return [...methods].sort()
}
