import type { RouteConfig, z } from '@hono/zod-openapi'
import type { Context, Hono } from 'hono'
import type { Role } from '../../../../contract/key.ts'
import { type Actor, type Authenticate, requireRole } from '../auth/authenticate.ts'
import { checkBody, checkParameters, refuseUnknownParameters } from './check-input.ts'
import { type BodyLimits, checkMediaType, readJsonBody } from './read-body.ts'
import { type Line, readLines } from './read-lines.ts'
import { contextOf } from './request-context.ts'

const ndjson = 'application/x-ndjson'

type Checked<S> = S extends z.ZodType ? z.infer<S> : undefined
type Body<R extends RouteConfig> = R extends {
  request: { body: { content: { 'application/json': { schema: infer S } } } }
}
  ? Checked<S>
  : R extends { request: { body: { content: { [ndjson]: unknown } } } }
    ? AsyncIterable<Line>
    : undefined
type RequestPart<R extends RouteConfig, K extends 'params' | 'query' | 'headers'> = R extends {
  request: Record<K, infer S>
}
  ? S
  : undefined

/** What a handler receives: each part of the request as the operation declares it, checked; lines come as they arrive. */
export interface Input<R extends RouteConfig> {
  params: Checked<RequestPart<R, 'params'>>
  query: Checked<RequestPart<R, 'query'>>
  headers: Checked<RequestPart<R, 'headers'>>
  body: Body<R>
  actor: Actor
  /** The request itself, for its context. */
  request: Request
}

interface BindOptions {
  limits: BodyLimits
  authenticate: Authenticate
}

/**
 * Routes a management operation of the contract to its handler. The caller is recognised first, then parameters, headers
 * and body are checked by the operation's schemas.
 */
export const bind = <R extends RouteConfig>(
  service: Hono,
  operation: R,
  { limits, authenticate }: BindOptions,
  handler: (input: Input<R>) => Promise<Response>,
): void => {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, ':$1')
  service.on(operation.method.toUpperCase(), path, async (c) => {
    contextOf(c.req.raw).route = operation.path
    const actor = await authenticate(c.req.raw)
    requireRole(actor, roleFor(operation))
    return handler(await readInput(c, operation, limits, actor))
  })
}

/** An operation that does not say who may call it is the administrator's. */
const roleFor = (operation: RouteConfig): Role => operation['x-parasol-role'] ?? 'admin'

const readInput = async <R extends RouteConfig>(
  c: Context,
  operation: R,
  limits: BodyLimits,
  actor: Actor,
): Promise<Input<R>> => {
  const { params, query, headers, body } = operation.request ?? {}
  refuseUnknownParameters(query as z.ZodObject | undefined, new URL(c.req.url).searchParams)
  return {
    params: params && checkParameters(params, c.req.param()),
    query: query && checkParameters(query, c.req.query()),
    headers: headers && checkParameters(headers as z.ZodType, c.req.header()),
    body: body && (await readBody(c.req.raw, body.content, limits)),
    actor,
    request: c.req.raw,
  } as Input<R>
}

const readBody = async (
  request: Request,
  content: NonNullable<NonNullable<RouteConfig['request']>['body']>['content'],
  limits: BodyLimits,
): Promise<unknown> => {
  if (ndjson in content) {
    checkMediaType(request, ndjson)
    return readLines(request, limits)
  }
  const json = content['application/json']
  return json && 'schema' in json
    ? checkBody(json.schema as z.ZodType, await readJsonBody(request, limits))
    : undefined
}
