import { expect, it } from 'vitest'
import type { Received, ReceivedSpan } from '../../server/src/platform/telemetry/otlp-receiver.fixture.ts'
import { eventually } from '../eventually.ts'
import { callerId, token, traceId, type Watched } from './watched.ts'

const [delta, cumulative] = [1, 2]

/** What the intakes of New Relic and Datadog get by the settings that docs/apm.md gives. */
export const vendors = (watched: () => Watched): void => {
  const requestTo = (path: string): Promise<Received> =>
    eventually(() => {
      const found = watched().receiver.received.find((one) => one.path === path)
      const paths = new Set(watched().receiver.received.map((one) => one.path))
      if (!found) throw new Error(`nothing came to ${path}, but to ${[...paths].join(', ')}`)
      return found
    })

  it.each(['traces', 'metrics', 'logs'])('sends %s to New Relic with its key, compressed', async (signal) => {
    const { method, headers, resource, scope } = await requestTo(`/new-relic/v1/${signal}`)
    expect(method).toBe('POST')
    expect(headers).toMatchObject({
      'api-key': 'YOUR_LICENSE_KEY',
      'content-type': 'application/x-protobuf',
      'content-encoding': 'gzip',
    })
    expect(resource).toMatchObject({
      'service.name': 'parasol-gateway',
      'service.version': expect.any(String),
      'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'telemetry.sdk.name': 'opentelemetry',
    })
    expect(scope.name).toBe('parasol')
  })

  it.each([
    [
      'metrics',
      {
        'dd-otel-metric-config': '{"resource_attributes_as_tags":true,"histograms":{"mode":"distributions"}}',
      },
    ],
    ['logs', {}],
    ['traces', { 'dd-protocol': 'otlp', 'dd-otlp-source': 'YOUR_ORGANISATION' }],
  ])('sends %s to the intake of Datadog with its key', async (signal, more) => {
    const { headers, resource } = await requestTo(`/datadog/v1/${signal}`)
    expect(headers).toMatchObject({
      ...{
        'dd-api-key': 'YOUR_API_KEY',
        'content-type': 'application/x-protobuf',
        'content-encoding': 'gzip',
      },
      ...more,
    })
    expect(resource).toMatchObject({ 'service.name': 'parasol-config' })
  })

  it.each(['traces', 'metrics', 'logs'])(
    'sends %s to the agent of Datadog, with attributes of its own',
    async (signal) => {
      const { headers, resource } = await requestTo(`/datadog-agent/v1/${signal}`)
      expect(headers['content-type']).toBe('application/x-protobuf')
      expect(resource).toMatchObject({
        'service.name': 'parasol-analytics',
        'deployment.environment.name': 'production',
      })
    },
  )

  it('sends sums and histograms since the last time, which is all that Datadog takes', async () => {
    await requestTo('/datadog/v1/metrics')
    const sums = watched().receiver.metrics.filter(({ sum }) => sum?.isMonotonic)
    expect(sums.length).toBeGreaterThan(0)
    for (const { sum } of sums) expect(sum?.temporality).toBe(delta)
    const kept = watched().receiver.metrics.filter(({ sum }) => sum && !sum.isMonotonic)
    for (const { sum } of kept) expect(sum?.temporality).toBe(cumulative)
    const histograms = watched().receiver.metrics.flatMap(
      ({ histogram, exponential }) => histogram ?? exponential ?? [],
    )
    expect(histograms.length).toBeGreaterThan(0)
    for (const { temporality } of histograms) expect(temporality).toBe(delta)
  })

  it('adds up, over all that was sent, to what was asked', async () => {
    const counted = () =>
      watched()
        .receiver.metrics.filter(({ name }) => name === 'http.server.request.duration')
        .flatMap(({ histogram, exponential }) => (histogram ?? exponential)?.points ?? [])
        .filter(({ attributes }) => attributes['http.route'] === '/manage/v1/apps/{appId}/releases')
        .reduce((sum, { count = 0 }) => sum + count, 0)
    await eventually(() => expect(counted()).toBe(2))
  })

  it('gives New Relic buckets as fine as they have to be', async () => {
    const points = await eventually(() => {
      const found = watched().receiver.metrics.filter(({ name }) => name === 'parasol.config.fetch.duration')
      const exponential = found.flatMap(({ exponential }) => exponential?.points ?? [])
      expect(exponential.length).toBeGreaterThan(0)
      return exponential
    })
    for (const { count, scale, positive } of points) {
      expect(scale).toBeGreaterThanOrEqual(3)
      expect(positive?.counts.reduce((sum, n) => sum + n, 0)).toBe(count)
    }
  })

  it('shows one trace from the caller through gateway and config service to the stores', async () => {
    const spanOf = (test: (span: ReceivedSpan) => boolean, what: string) =>
      eventually(() => {
        const found = watched().receiver.spans.find((span) => span.traceId === traceId && test(span))
        if (!found)
          throw new Error(`no span ${what} among ${watched().receiver.spans.map(({ name }) => name)}`)
        return found
      })
    const serves = 'GET /v1/api/config/{appId}'
    const gateway = await spanOf(
      (span) => span.name === serves && span.parentId === callerId,
      'of the gateway',
    )
    expect(gateway).toMatchObject({
      kind: 2,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/v1/api/config/{appId}',
        'http.response.status_code': 200,
        'url.path': '/v1/api/config/shop',
        'url.scheme': 'http',
        'parasol.app.id': 'shop',
        'parasol.cache.state': 'miss',
      },
    })
    const call = await spanOf((span) => span.kind === 3 && span.parentId === gateway.spanId, 'of the call')
    expect(call).toMatchObject({
      name: 'GET',
      attributes: { 'server.address': '127.0.0.1', 'parasol.upstream': 'config' },
    })
    const config = await spanOf(
      (span) => span.kind === 2 && span.parentId === call.spanId,
      'of the config service',
    )
    expect(config.name).toBe(serves)
    const nobody = await spanOf(
      (span) => span.attributes['http.response.status_code'] === 404 && span.kind === 2,
      'of nobody',
    )
    const query = await spanOf((span) => span.attributes['db.system.name'] === 'postgresql', 'of PostgreSQL')
    expect(query).toMatchObject({ kind: 3, attributes: { 'db.system.name': 'postgresql' } })
    expect(query.attributes['db.query.text']).toMatch(/\$1/)
    expect(query.attributes['db.query.text']).not.toContain('nobody')
    expect(nobody.end).toBeGreaterThan(nobody.start)
    await spanOf((span) => span.attributes['db.system.name'] === 'redis', 'of Redis')
    await spanOf(
      (span) => span.name.startsWith('GET') && span.attributes['parasol.upstream'] === 'analytics',
      'of analytics',
    )
  })

  it('sends the lines of the log with the ids of their spans', async () => {
    const line = await eventually(() => {
      const found = watched().receiver.lines.find(
        ({ body, traceId: id }) => body === 'request' && id === traceId,
      )
      if (!found) throw new Error('no line of the request')
      return found
    })
    expect(line).toMatchObject({
      severity: 9,
      severityText: 'INFO',
      attributes: { method: 'GET', status: 200 },
    })
    await eventually(() =>
      expect(watched().receiver.spans.map(({ spanId }) => spanId)).toContain(line.spanId),
    )
  })

  it('says nothing of keys, queries and tokens', async () => {
    const told = JSON.stringify([
      watched().receiver.spans,
      watched().receiver.lines,
      watched().receiver.metrics,
    ])
    expect(told).not.toContain(token)
    expect(told).not.toContain('?again')
  })
}
