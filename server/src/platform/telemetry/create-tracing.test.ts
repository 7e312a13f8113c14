import { resourceFromAttributes } from '@opentelemetry/resources'
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { Problem } from '../../../../contract/problems.ts'
import { observe } from '../http/observe.ts'
import { contextOf } from '../http/request-context.ts'
import type { Peer } from '../peers/peer.ts'
import { openOtlpTraces } from './otlp-traces.ts'
import type { Sampling } from './read-otel.ts'
import { createTelemetry } from './telemetry.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const parent = '00f067aa0ba902b7'

const open = (sampling: Sampling = { ratio: 1, isParentBased: true }) => {
  const exporter = new InMemorySpanExporter()
  const { tracing } = openOtlpTraces({
    ...{
      resource: resourceFromAttributes({}),
      version: '1',
      processor: new SimpleSpanProcessor({ exporter }),
    },
    settings: { sampling, batching: {} as never, longestValue: undefined },
  })
  const telemetry = createTelemetry({ tracing })
  const ask = (peer: Peer, headers: Record<string, string> = {}) =>
    observe(
      peer,
      pino({ level: 'silent' }),
      undefined,
      telemetry,
    )(new Request('http://front.example/v1/api/config/shop?key=secret', { headers }))
  return { tracing, ask, spans: () => exporter.getFinishedSpans() }
}
const answers: Peer = () => new Response('x')

it('answers at once what is answered at once, inside of a span', () => {
  const { ask, spans } = open()
  expect(ask(answers)).toBeInstanceOf(Response)
  expect(spans()).toMatchObject([
    { name: 'GET', attributes: { 'url.path': '/v1/api/config/shop', 'http.response.status_code': 200 } },
  ])
})

it('begins a trace with the id that the log has, and goes on with that of who asked', async () => {
  const { ask, spans } = open()
  const seen: string[] = []
  const peer: Peer = async (request) => {
    seen.push(contextOf(request).traceId)
    return new Response('x')
  }
  await ask(peer)
  await ask(peer, { traceparent: `00-${traceId}-${parent}-01` })
  expect(spans().map((span) => span.spanContext().traceId)).toEqual(seen)
  expect(spans()[0]?.parentSpanContext).toBeUndefined()
  expect(spans()[1]).toMatchObject({ parentSpanContext: { traceId, spanId: parent } })
})

it('records nothing of what its beginning does not record, and says so further on', async () => {
  const { ask, spans, tracing } = open()
  const sampled: boolean[] = []
  await ask(
    (request) => {
      sampled.push(contextOf(request).sampled)
      expect(tracing.call({ method: 'GET', url: 'http://config.example/', name: 'config' })).toBeUndefined()
      tracing.noteStoreCall({ system: 'redis', operation: 'GET', tookMs: 1 }, '')
      return new Response('x')
    },
    { traceparent: `00-${traceId}-${parent}-00` },
  )
  expect(sampled).toEqual([false])
  expect(spans()).toEqual([])
})

it('records no trace that begins here where it is to record none', () => {
  const { ask, spans } = open({ ratio: 0, isParentBased: true })
  ask(answers)
  expect(spans()).toEqual([])
  ask(answers, { traceparent: `00-${traceId}-${parent}-01` })
  expect(spans()).toHaveLength(1)
})

it('puts what is asked of services, of others and of stores below the request, across all that is waited for', async () => {
  const { ask, spans, tracing } = open()
  const service = tracing.within('config', async () => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    tracing.noteStoreCall(
      { system: 'postgresql', operation: 'SELECT', text: 'select $1', tookMs: 1 },
      '23505',
    )
    const call = tracing.call({ method: 'GET', url: 'http://config.example/path', name: 'config' })
    call?.end({ failure: 'refused' })
    return new Response('x')
  })
  await ask(service)
  const [store, call, config, request] = spans()
  expect([request, config, call, store].map((span) => span?.name)).toEqual(['GET', 'config', 'GET', 'SELECT'])
  expect(config?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId)
  for (const one of [call, store]) expect(one?.parentSpanContext?.spanId).toBe(config?.spanContext().spanId)
  expect(store).toMatchObject({
    attributes: { 'error.type': '23505', 'db.query.text': 'select $1' },
    status: { code: 2 },
  })
  expect(call).toMatchObject({
    attributes: { 'error.type': 'refused', 'server.port': 80 },
    status: { code: 2 },
  })
})

it('marks what failed by the code of its problem, and no refusal', async () => {
  const { ask, spans } = open()
  await ask(() => Promise.reject(new Problem('store_unavailable', { detail: 'away' })))
  await ask(() => Promise.reject(new Problem('app_not_found', { detail: 'none' })))
  expect(spans()[0]).toMatchObject({
    attributes: { 'error.type': 'store_unavailable', 'http.response.status_code': 503 },
    status: { code: 2 },
  })
  expect(spans()[1]).toMatchObject({
    attributes: { 'parasol.problem': 'app_not_found' },
    status: { code: 0 },
  })
})
