import { expect, it } from 'vitest'
import { readOtel } from './read-otel.ts'

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }
const asked = (env: Record<string, string>): string[] => {
  const { traces, metrics, logs } = readOtel(env)
  return Object.entries({ traces, metrics, logs }).flatMap(([signal, one]) => (one ? [signal] : []))
}

it.each([
  ['nothing', {}, []],
  ['everything by one endpoint', endpoint, ['traces', 'metrics', 'logs']],
  [
    'a signal by its own endpoint',
    { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://127.0.0.1/v1/logs' },
    ['logs'],
  ],
  ['a signal by the name of its exporter', { OTEL_TRACES_EXPORTER: 'otlp' }, ['traces']],
  ['nothing of what is switched off', { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, ['metrics', 'logs']],
  ['nothing where the SDK is', { ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }, []],
  [
    'no metrics where Prometheus reads them',
    { ...endpoint, OTEL_METRICS_EXPORTER: 'prometheus' },
    ['traces', 'logs'],
  ],
  ['nothing by an empty name', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, []],
])('sends %s', (_, env, signals) => {
  expect(asked(env)).toEqual(signals)
  expect(readOtel(env).warnings).toEqual([])
})

it.each([
  [
    { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    [],
    /OTEL_EXPORTER_OTLP_PROTOCOL is grpc.*http\/protobuf/,
  ],
  [
    { ...endpoint, OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json' },
    ['traces', 'logs'],
    /METRICS_PROTOCOL is http\/json/,
  ],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }, [], /OTEL_EXPORTER_OTLP_ENDPOINT is no address/],
  [
    { ...endpoint, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'collector' },
    ['traces', 'metrics'],
    /LOGS_ENDPOINT is no address.*no logs/,
  ],
  [
    { ...endpoint, OTEL_METRIC_EXPORT_INTERVAL: '2147483648' },
    ['traces', 'metrics', 'logs'],
    /INTERVAL is "2147483648".*60000 is taken/,
  ],
  [{ OTEL_TRACES_EXPORTER: 'zipkin' }, [], /OTEL_TRACES_EXPORTER is zipkin.*otlp/],
  [{ ...endpoint, OTEL_BSP_MAX_QUEUE_SIZE: 'many' }, ['traces', 'metrics', 'logs'], /"many".*2048/],
  [
    { ...endpoint, OTEL_TRACES_SAMPLER: 'mine' },
    ['traces', 'metrics', 'logs'],
    /OTEL_TRACES_SAMPLER is mine/,
  ],
  [
    { ...endpoint, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' },
    ['traces', 'metrics', 'logs'],
    /OTEL_TRACES_SAMPLER_ARG is 2/,
  ],
])('says of %o what it does not do, and goes on', (env, signals, words) => {
  expect(asked(env)).toEqual(signals)
  expect(readOtel(env).warnings).toContainEqual(expect.stringMatching(words))
})

it.each([
  [{}, { ratio: 1, isParentBased: true }],
  [{ OTEL_TRACES_SAMPLER: 'always_on' }, { ratio: 1, isParentBased: false }],
  [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, { ratio: 0, isParentBased: true }],
  [
    { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' },
    { ratio: 0.01, isParentBased: true },
  ],
])('samples by %o', (env, sampling) => {
  expect(readOtel({ ...endpoint, ...env }).traces?.sampling).toEqual(sampling)
})

it('names the process as it is told, percent-encoding and all', () => {
  const env = {
    OTEL_RESOURCE_ATTRIBUTES:
      'deployment.environment.name=pro%2Cd, team = apps=2 ,broken,service.name=other,bad=%zz',
    OTEL_SERVICE_NAME: 'configs',
  }
  expect(readOtel(env).resource).toEqual({
    'deployment.environment.name': 'pro,d',
    team: 'apps=2',
    'service.name': 'configs',
  })
})

it('takes no longer to send metrics than until it sends them again', () => {
  expect(readOtel({ ...endpoint, OTEL_METRIC_EXPORT_INTERVAL: '1000' }).metrics).toEqual({
    everyMs: 1_000,
    timeoutMs: 1_000,
  })
})
