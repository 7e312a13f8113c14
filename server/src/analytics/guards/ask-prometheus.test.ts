import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../../../tests/stores/free-port.ts'
import { createAskPrometheus } from './ask-prometheus.ts'

const sampleOf = (value: string) => ({ metric: {}, value: [1_800_000_000.1, value] })
const vector = (...values: string[]) => ({
  ...{ status: 'success', data: { resultType: 'vector', result: values.map(sampleOf) } },
})

/** What is answered to a query of this name. */
const answers: Record<string, (response: ServerResponse) => void> = {
  two: (response) => response.end(JSON.stringify(vector('0.25', '1e3'))),
  none: (response) => response.end(JSON.stringify(vector())),
  odd: (response) => response.end(JSON.stringify(vector('NaN', '+Inf', '-Inf'))),
  scalar: (response) =>
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [1, '7'] } })),
  matrix: (response) =>
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [] } })),
  wrong: (response) =>
    response
      .writeHead(400)
      .end(JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'parse error' })),
  page: (response) => response.end('<html>'),
  away: (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  long: (response) => response.end(`"${'x'.repeat(2_000_000)}"`),
}

describe('askPrometheus', () => {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    answers[new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? '']?.(response)
  })
  let host = ''
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())
  const ask = (query: string) => createAskPrometheus(`http://${host}`)(query)

  test.each([
    ['two', { values: [0.25, 1000] }],
    ['none', { values: [] }],
    ['odd', { values: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] }],
    ['scalar', { values: [7] }],
    ['matrix', { problem: 'Prometheus answered HTTP 200, and neither a vector nor a scalar' }],
    ['wrong', { problem: 'Prometheus refused the query: parse error' }],
    ['page', { problem: 'Prometheus answered HTTP 200, and neither a vector nor a scalar' }],
    ['long', { problem: 'Prometheus does not answer (Error)' }],
  ])('reads the answer to %s', async (query, measured) => {
    expect(await ask(query)).toEqual(measured)
  })

  test('asks at the path of the setting, with its user and password', async () => {
    await createAskPrometheus(`http://ann:p%40ss@${host}/prometheus/`)('two')
    const { url, headers } = asked.at(-1) ?? {}
    expect(url).toBe('/prometheus/api/v1/query?query=two')
    expect(headers?.authorization).toBe(`Basic ${Buffer.from('ann:p@ss').toString('base64')}`)
  })

  test('does not follow where it is sent', async () => {
    expect(await ask('away')).toEqual({ problem: expect.stringMatching(/^Prometheus does not answer/) })
  })

  test('says what is missing without the setting', async () => {
    expect(await createAskPrometheus(undefined)('two')).toEqual({
      problem: 'PARASOL_PROMETHEUS_URL is not set',
    })
  })

  test('does not ask a query again for a moment after nobody answered', async () => {
    const port = await freePort()
    const ask = createAskPrometheus(`http://127.0.0.1:${port}`)
    const problem = 'Prometheus does not answer (ECONNREFUSED)'
    expect(await ask('two')).toEqual({ problem })
    const somebody = createServer((_, response) => response.end(JSON.stringify(vector('1'))))
    await new Promise<void>((resolve) => somebody.listen(port, '127.0.0.1', resolve))
    expect(await ask('two')).toEqual({ problem })
    expect(await ask('another')).toEqual({ values: [1] })
    somebody.close()
  })
})
