import type { Hono } from 'hono'
import type { TakenEvents } from '../../../../contract/event.ts'
import { appId as appIdSchema } from '../../../../contract/fields.ts'
import { Problem, problemOf } from '../../../../contract/problems.ts'
import { corsHeaders, corsHeadersFor } from '../../platform/http/cors.ts'
import { problemResponse, toProblem } from '../../platform/http/problem-response.ts'
import { takeRequestId } from '../../platform/http/request-context.ts'
import { publicSecurity } from '../../platform/http/security-headers.ts'
import type { ClientKeys } from '../../platform/keys/client-keys.ts'
import { admitSender } from './admit-sender.ts'
import type { EventUsage } from './count-usage.ts'
import type { HoldBytes } from './hold-bytes.ts'
import { keepEvents } from './keep-events.ts'
import type { KnownApp, KnownApps } from './known-apps.ts'
import { readBatch } from './read-batch.ts'
import type { StoreEvents } from './store-events.ts'

export interface TakeOptions {
  apps: KnownApps
  clientKeys: ClientKeys
  usage: EventUsage
  store: StoreEvents['store']
  /** Of all requests that are under way. */
  hold: HoldBytes
  /** Milliseconds that an event may be old when it arrives. */
  oldMostMs: number
  onFault: (problem: Problem, request: Request) => void
}

const path = '/v1/api/analytics/:appId/events'
const methods = 'POST, OPTIONS'

/** `POST /v1/api/analytics/{appId}/events`, and what browsers ask before. */
export const addEventIntake = (service: Hono, options: TakeOptions): void => {
  service.post(path, (c) => takeEvents(options, c.req.raw, c.req.param('appId')))
  service.options(path, (c) => answerPreflight(options.apps, c.req.raw, c.req.param('appId')))
}

/** A page reads also a refusal, where it may send at all. */
const takeEvents = async (options: TakeOptions, request: Request, appId: string): Promise<Response> => {
  let cors: Record<string, string> = corsHeaders
  try {
    const keyInAddress = readAddress(request.url, appId)
    const app = await options.apps.find(appId)
    if (!app) throw unknownApp(appId)
    cors = corsHeadersFor(app.origins, request)
    await admitSender(app, request, { keyInAddress, clientKeys: options.clientKeys })
    return answer(await takeBatch(options, request, app), request, cors)
  } catch (error) {
    const problem = toProblem(error)
    if (problem.status >= 500) options.onFault(problem, request)
    return problemResponse(withHeaders(problem, cors), request)
  }
}

const takeBatch = async (
  { usage, store, hold, oldMostMs }: TakeOptions,
  request: Request,
  { appId, limits, takenElsewhere }: KnownApp,
): Promise<TakenEvents> => {
  if (takenElsewhere + usage.acceptedToday(appId) >= limits.eventsPerDay)
    throw quotaReached(appId, limits.eventsPerDay)
  const held = hold(appId)
  try {
    const sent = await readBatch(request, held)
    const { kept, rejected } = keepEvents(sent, { appId, oldMostMs, receivedAt: Date.now() })
    const accepted = kept.length > 0 ? await store({ appId, events: kept, limits }) : 0
    const duplicates = kept.length - accepted
    usage.count(appId, { accepted, duplicates, rejected: rejected.length })
    return { accepted, duplicates, rejected: [...rejected] }
  } finally {
    held.end()
  }
}

/** The key that stands in the address, if any. Throws 400 for what is no appId, and for other parameters. */
const readAddress = (url: string, appId: string): string | null => {
  if (!appIdSchema.safeParse(appId).success) throw invalidAppId(appId)
  const start = url.indexOf('?')
  if (start < 0) return null
  const params = new URLSearchParams(url.slice(start + 1))
  for (const parameter of params.keys()) {
    if (parameter !== 'key')
      throw problemOf([
        { code: 'unknown_parameter', parameter, detail: 'it is not known here. Known is: key.' },
      ])
  }
  return params.get('key')
}

const answer = (taken: TakenEvents, request: Request, cors: Record<string, string>): Response =>
  new Response(JSON.stringify(taken), {
    status: 202,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...cors,
      ...publicSecurity,
      'x-request-id': takeRequestId(request),
    },
  })

const answerPreflight = async (apps: KnownApps, request: Request, appId: string): Promise<Response> => {
  // What is wrong is told to the request itself.
  const app = await Promise.resolve(apps.find(appId)).catch(() => undefined)
  const cors = corsHeadersFor(app?.origins ?? null, request)
  const isAllowed = request.headers.has('access-control-request-method') && allowsOrigin in cors
  return new Response(null, {
    status: 204,
    headers: {
      allow: methods,
      ...cors,
      ...(isAllowed && {
        'access-control-allow-methods': methods,
        'access-control-allow-headers':
          'Authorization, Content-Encoding, Content-Type, X-API-Key, X-Request-Id, traceparent',
        'access-control-max-age': '86400',
      }),
    },
  })
}

const allowsOrigin = 'access-control-allow-origin'

const withHeaders = (problem: Problem, headers: Record<string, string>): Problem =>
  new Problem(problem.code, {
    detail: problem.message,
    headers: { ...headers, ...problem.headers },
    cause: problem.cause,
    members: problem.members,
    ...(problem.errors && { errors: problem.errors }),
  })

const unknownApp = (appId: string): Problem =>
  new Problem('app_not_found', { detail: `There is no app ${appId}; check the appId.` })

const invalidAppId = (appId: string): Problem => {
  const detail = `${appId.slice(0, 200)} is no appId: 1 to 128 of A-Z a-z 0-9 . _ - with a letter or digit first.`
  return new Problem('invalid_parameter', {
    detail,
    errors: [{ code: 'invalid_parameter', parameter: 'appId', detail }],
  })
}

const quotaReached = (appId: string, eventsPerDay: number): Problem => {
  const left = 86_400 - (Math.floor(Date.now() / 1_000) % 86_400)
  return new Problem('event_quota_reached', {
    detail: `The app ${appId} has sent the ${eventsPerDay} events that it may send in a day. Keep them until midnight UTC, or have eventsPerDay raised.`,
    headers: { 'retry-after': String(left) },
  })
}
