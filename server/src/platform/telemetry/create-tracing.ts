import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { pathOf } from '../http/observe.ts'
import { toProblem } from '../http/problem-response.ts'
import { contextOf, type RequestContext } from '../http/request-context.ts'
import type { Peer } from '../peers/peer.ts'
import type { CallSpan, SpanIds, Tracing } from './tracing.ts'

/** Calls `begin`, which begins a trace, so that the trace has this id. */
export type BeginTrace = <Result>(traceId: string, begin: () => Result) => Result

/** Spans by a tracer of OpenTelemetry, with the attributes of the semantic conventions for HTTP and databases. */
export const createTracing = (tracer: Tracer, beginTrace: BeginTrace): Tracing => {
  const spans = new AsyncLocalStorage<Span>()
  /** The span that this runs in, where it is recorded: nothing is made for the others. */
  const recorded = (): Span | undefined => {
    const span = spans.getStore()
    return span?.isRecording() ? span : undefined
  }
  const child = (
    parent: Span,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    startTime?: number,
  ): Span =>
    tracer.startSpan(
      name,
      { kind, attributes, ...(startTime !== undefined && { startTime }) },
      trace.setSpan(ROOT_CONTEXT, parent),
    )

  return {
    serve: (peer) => (request) => {
      const context = contextOf(request)
      const options = { kind: SpanKind.SERVER, attributes: attributesOf(request) }
      const span = beginTrace(context.traceId, () =>
        tracer.startSpan(request.method, options, parentOf(context)),
      )
      const { spanId, traceFlags } = span.spanContext()
      context.spanId = spanId
      context.sampled = (traceFlags & TraceFlags.SAMPLED) === TraceFlags.SAMPLED
      return ending(
        () => spans.run(span, () => peer(request)),
        (outcome) => endServing(span, request, context, outcome),
      )
    },
    within: (service, peer) => (request) => {
      const parent = recorded()
      if (!parent) return peer(request)
      const span = child(parent, service, SpanKind.INTERNAL, { 'parasol.service': service })
      return ending(
        () => spans.run(span, () => peer(request)),
        (outcome) => end(span, outcome),
      )
    },
    call({ method, url, name }) {
      const parent = recorded()
      if (!parent) return undefined
      const { hostname, port, protocol } = new URL(url)
      const span = child(parent, method, SpanKind.CLIENT, {
        'http.request.method': method,
        'url.full': url,
        'server.address': hostname,
        'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
        'parasol.upstream': name,
      })
      return callSpan(span)
    },
    noteStoreCall({ system, operation, text, tookMs }, failure) {
      const parent = recorded()
      if (!parent) return
      const attributes = {
        'db.system.name': system,
        'db.operation.name': operation,
        ...(text !== undefined && { 'db.query.text': text }),
      }
      // Times below that of the process's start are taken for those of `performance`.
      const startTime = performance.now() - tookMs
      end(child(parent, operation, SpanKind.CLIENT, attributes, startTime), failure ? { failure } : {})
    },
    current() {
      const span = spans.getStore()
      return span && idsOf(span)
    },
  }
}

type Outcome = { status?: number; failure?: string }

/** Runs a peer and tells how it ended; what is answered at once stays so. */
const ending = (answer: () => ReturnType<Peer>, over: (outcome: Outcome) => void): ReturnType<Peer> => {
  const failed = (error: unknown): never => {
    over({ failure: toProblem(error).code })
    throw error
  }
  const answered = (response: Response): Response => {
    over({ status: response.status })
    return response
  }
  try {
    const response = answer()
    return response instanceof Promise ? response.then(answered, failed) : answered(response)
  } catch (error) {
    return failed(error)
  }
}

/** The span of whoever called us, where they told of it. */
const parentOf = ({ traceId, parentId, sampled }: RequestContext): Context =>
  parentId === undefined
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, {
        ...{ traceId, spanId: parentId, isRemote: true },
        traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
      })

/** Nothing of the query, the headers or the client, as in the log. */
const attributesOf = ({ method, url }: Request): Attributes => ({
  'http.request.method': method,
  'url.path': pathOf(url),
  'url.scheme': url.startsWith('https:') ? 'https' : 'http',
})

const endServing = (
  span: Span,
  request: Request,
  context: RequestContext,
  { status = 500 }: Outcome,
): void => {
  if (span.isRecording()) {
    const { route, cacheState, appId, problem } = context
    if (route !== undefined) span.updateName(`${request.method} ${route}`)
    for (const [name, value] of Object.entries({
      'http.route': route,
      'http.response.status_code': status,
      'parasol.cache.state': cacheState,
      'parasol.app.id': appId,
      'parasol.problem': problem,
    }))
      if (value !== undefined) span.setAttribute(name, value)
    // What the client did wrong is no error of a server's.
    if (status >= 500) fail(span, problem ?? String(status))
  }
  span.end()
}

const end = (span: Span, { status, failure }: Outcome): void => {
  if (status !== undefined) span.setAttribute('http.response.status_code', status)
  if (failure !== undefined) fail(span, failure)
  else if (status !== undefined && status >= 500) fail(span, String(status))
  span.end()
}

const fail = (span: Span, kind: string): void => {
  span.setAttribute('error.type', kind)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

const callSpan = (span: Span): CallSpan => {
  const { traceId, spanId } = span.spanContext()
  return {
    traceparent: `00-${traceId}-${spanId}-01`,
    end: (outcome) => {
      // To a client, a refusal is an error too.
      if ('status' in outcome && outcome.status >= 400) fail(span, String(outcome.status))
      end(span, outcome)
    },
  }
}

const idsOf = (span: Span): SpanIds => {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return { traceId, spanId, isSampled: (traceFlags & TraceFlags.SAMPLED) === TraceFlags.SAMPLED }
}
