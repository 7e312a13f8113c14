import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { otlpRequests } from './otlp-fields.fixture.ts'
import { decodeProtobuf } from './protobuf.fixture.ts'

type Values = Record<string, string | number | boolean>
interface Point {
  start?: number
  time: number
  double?: number
  int?: number
  count?: number
  sum?: number
  bounds?: number[]
  bucketCounts?: number[]
  scale?: number
  positive?: { offset?: number; counts: number[] }
  attributes: Values
}
interface Points {
  points: Point[]
  /** 1: since the last time, 2: since the start. */
  temporality?: number
  isMonotonic?: boolean
}
export interface ReceivedMetric {
  name: string
  unit?: string
  gauge?: Points
  sum?: Points
  histogram?: Points
  exponential?: Points
}
export interface ReceivedSpan {
  traceId: string
  spanId: string
  parentId?: string
  name: string
  /** 1 internal, 2 server, 3 client. */
  kind: number
  start: number
  end: number
  attributes: Values
  status?: { code?: number }
}
export interface ReceivedLine {
  time: number
  severity: number
  severityText: string
  body: string
  attributes: Values
  traceId?: string
  spanId?: string
}

/** A request as an intake gets it. */
export interface Received {
  method: string
  path: string
  headers: IncomingHttpHeaders
  resource: Values
  scope: { name: string; version: string }
}

/** An intake for OTLP over HTTP, as any APM has one: takes what comes, and decodes it. */
export interface OtlpReceiver {
  url: string
  received: Received[]
  metrics: ReceivedMetric[]
  spans: ReceivedSpan[]
  lines: ReceivedLine[]
  close(): Promise<void>
}

/** `answer` may refuse: what is refused is not taken. */
export const receiveOtlp = async (answer: (path: string) => number = () => 200): Promise<OtlpReceiver> => {
  const taken = { received: [], metrics: [], spans: [], lines: [] } as Pick<
    OtlpReceiver,
    'received' | 'metrics' | 'spans' | 'lines'
  >
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const { method = '', url: path = '', headers } = request
    const status = answer(path)
    if (status < 300) {
      const bytes = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
      take(taken, { method, path, headers }, bytes)
    }
    response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    ...taken,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

interface Decoded {
  resources: {
    resource: Record<string, unknown>
    scopes: { scope: Received['scope']; items: Record<string, unknown>[] }[]
  }[]
}

const take = (
  into: Pick<OtlpReceiver, 'received' | 'metrics' | 'spans' | 'lines'>,
  request: Pick<Received, 'method' | 'path' | 'headers'>,
  bytes: Uint8Array,
): void => {
  const signal = request.path.split('/').at(-1) ?? ''
  const { resources } = decodeProtobuf(bytes, otlpRequests[signal] ?? {}) as unknown as Decoded
  for (const { resource, scopes } of resources)
    for (const { scope, items } of scopes) {
      into.received.push({ ...request, resource: flat(resource).attributes as Values, scope })
      const read = items.map(withAttributes)
      if (signal === 'metrics') into.metrics.push(...(read as unknown as ReceivedMetric[]))
      if (signal === 'traces') into.spans.push(...(read as unknown as ReceivedSpan[]))
      if (signal === 'logs') into.lines.push(...(read as unknown as ReceivedLine[]))
    }
}

/** Without any, the field is not there. */
const withAttributes = (value: Record<string, unknown>) => ({ attributes: {}, ...flat(value) })

/** Attributes as a record, wherever they are, and other values as they are meant. */
const flat = (value: Record<string, unknown>): Record<string, unknown> => {
  const result: Record<string, unknown> = {}
  for (const [name, part] of Object.entries(value)) {
    if (name === 'attributes') {
      const pairs = part as { key: string; value: Record<string, unknown> }[]
      result[name] = Object.fromEntries(pairs.map((pair) => [pair.key, Object.values(pair.value)[0]]))
    } else if (name === 'body') result[name] = Object.values(part as object)[0]
    else if (name === 'points') result[name] = (part as Record<string, unknown>[]).map(withAttributes)
    else if (typeof part === 'object' && part !== null && !Array.isArray(part))
      result[name] = flat(part as Record<string, unknown>)
    else result[name] = part
  }
  return result
}
