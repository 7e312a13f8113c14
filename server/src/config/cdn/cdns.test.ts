import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { Cdn, Purging } from './cdn.ts'
import { openCdns } from './open-cdns.ts'
import { answer, type RecordingServer, startRecording } from './recording-server.fixture.ts'
import { sendPurge } from './send-purge.ts'

let server: RecordingServer
beforeAll(async () => {
  server = await startRecording()
})
beforeEach(() => {
  server.requests.length = 0
})
afterAll(() => server.close())

const open = (kind: 'cloudflare' | 'cloudfront' | 'fastly' | 'varnish', more: object = {}): Cdn => {
  const [cdn] = openCdns({
    cdn: [kind],
    cdnApiUrl: `${server.url}/`,
    cloudflareZone: '023e105f4ecef8ad9ca31a8372d0c353',
    cloudflareToken: 'cf-token',
    cloudfrontDistribution: 'EDFDVBD6EXAMPLE',
    awsAccessKeyId: 'AKIDEXAMPLE',
    awsSecretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    awsSessionToken: undefined,
    fastlyService: 'SU1Z0isxPaozGVKXdv0eY',
    fastlyToken: 'fastly-token',
    varnishUrls: `${server.url}/, http://10.0.0.2:6081`,
    ...more,
  })
  if (!cdn) throw new Error(`there is no ${kind}`)
  return cdn
}
const send = (cdn: Cdn, tags: Purging['tags'] = ['app-shop', 'app-com.example.bank']) =>
  sendPurge(cdn, { tags, reference: 'ref-1' }, new AbortController().signal)
const done = { verdict: 'done', kind: 'HTTP 200', error: 'HTTP 200', restMs: 0 }
const host = () => server.url.slice('http://'.length)
const lines = (...all: string[]) => all.join('\r\n')

// https://developers.cloudflare.com/api/resources/cache/methods/purge/
test('Cloudflare is asked as its API documents it', async () => {
  server.answers.push(
    answer('200 OK', ['Content-Type: application/json'], '{"success":true,"errors":[],"result":{"id":"x"}}'),
  )
  expect(await send(open('cloudflare'))).toEqual(done)
  await send(open('cloudflare'), 'everything')
  const head = [
    'POST /client/v4/zones/023e105f4ecef8ad9ca31a8372d0c353/purge_cache HTTP/1.1',
    'Authorization: Bearer cf-token',
    'Content-Type: application/json',
  ]
  expect(server.requests).toEqual([
    lines(
      ...head,
      'Content-Length: 44',
      `Host: ${host()}`,
      'Connection: keep-alive',
      '',
      '{"tags":["app-shop","app-com.example.bank"]}',
    ),
    lines(
      ...head,
      'Content-Length: 25',
      `Host: ${host()}`,
      'Connection: keep-alive',
      '',
      '{"purge_everything":true}',
    ),
  ])
})

// https://www.fastly.com/documentation/reference/api/purging/ (bulk-purge-tag, purge-all)
test('Fastly is asked as its API documents it, softly where that is possible', async () => {
  expect(await send(open('fastly'))).toEqual(done)
  await send(open('fastly'), 'everything')
  const head = ['Accept: application/json', 'Fastly-Key: fastly-token']
  const tail = [`Host: ${host()}`, 'Connection: keep-alive', '']
  expect(server.requests).toEqual([
    lines(
      ...['POST /service/SU1Z0isxPaozGVKXdv0eY/purge HTTP/1.1', ...head],
      ...['Content-Type: application/json', 'Fastly-Soft-Purge: 1', 'Content-Length: 54', ...tail],
      '{"surrogate_keys":["app-shop","app-com.example.bank"]}',
    ),
    lines(
      'POST /service/SU1Z0isxPaozGVKXdv0eY/purge_all HTTP/1.1',
      ...head,
      ...tail.slice(0, 2),
      'Content-Length: 0',
      '',
      '',
    ),
  ])
})

// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html and, for the #,
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-tags.html
test('CloudFront is asked as its API documents it, and signed', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2027-01-02T03:04:05Z') })
  try {
    server.answers.push(answer('201 Created'))
    expect(await send(open('cloudfront'), ['app-shop', 'a&<b>'])).toMatchObject({ verdict: 'done' })
    await send(open('cloudfront', { awsSessionToken: 'session' }), 'everything')
  } finally {
    vi.useRealTimers()
  }
  const batch = (paths: string, quantity: number) =>
    '<?xml version="1.0" encoding="UTF-8"?><InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">' +
    `<CallerReference>ref-1</CallerReference><Paths><Items>${paths}</Items><Quantity>${quantity}</Quantity></Paths></InvalidationBatch>`
  const signature = /Signature=[0-9a-f]{64}/
  expect(server.requests.map((text) => text.replace(signature, 'Signature=...'))).toEqual([
    lines(
      'POST /2020-05-31/distribution/EDFDVBD6EXAMPLE/invalidation HTTP/1.1',
      'Content-Type: application/xml',
      'X-Amz-Date: 20270102T030405Z',
      'Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20270102/us-east-1/cloudfront/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=...',
      'Content-Length: 276',
      `Host: ${host()}`,
      ...['Connection: keep-alive', ''],
      batch('<Path>#app-shop</Path><Path>#a&amp;&lt;b&gt;</Path>', 2),
    ),
    lines(
      'POST /2020-05-31/distribution/EDFDVBD6EXAMPLE/invalidation HTTP/1.1',
      'Content-Type: application/xml',
      'X-Amz-Date: 20270102T030405Z',
      'X-Amz-Security-Token: session',
      'Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20270102/us-east-1/cloudfront/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=...',
      'Content-Length: 240',
      `Host: ${host()}`,
      ...['Connection: keep-alive', ''],
      batch('<Path>/*</Path>', 1),
    ),
  ])
})

// vmod_xkey(3) leaves the header to the VCL; ours takes xkey-softpurge, with spaces between.
test('each Varnish is asked for the keys that our VCL takes', async () => {
  expect(await send(open('varnish'))).toEqual(done)
  await send(open('varnish'), 'everything')
  const tail = [`Host: ${host()}`, 'Connection: keep-alive', 'Content-Length: 0', '', '']
  expect(server.requests).toEqual([
    lines('PURGE / HTTP/1.1', 'xkey-softpurge: app-shop app-com.example.bank', ...tail),
    lines('PURGE / HTTP/1.1', 'xkey-softpurge: *', ...tail),
  ])
  const all = openCdns({
    ...({} as Parameters<typeof openCdns>[0]),
    cdn: ['varnish'],
    varnishUrls: 'http://a:1,http://b',
  })
  expect(all.map(({ name }) => name)).toEqual(['varnish a:1', 'varnish b'])
})

test.each([
  ['429 Too Many Requests', ['Retry-After: 30'], '', 'later', 'HTTP 429', 30_000],
  ['503 Service Unavailable', ['Retry-After: 86400'], '', 'later', 'HTTP 503', 3_600_000],
  ['503 Service Unavailable', ['Retry-After: soon'], '', 'later', 'HTTP 503', 0],
  [
    '403 Forbidden',
    [],
    '{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}',
    'later',
    'HTTP 403: Authentication error',
    0,
  ],
  ['200 OK', [], '{"success": false, "errors":[{"message":"not now"}]}', 'later', 'HTTP 200: not now', 0],
  ['400 Bad Request', [], '{"msg":"Bad request"}', 'never', 'HTTP 400: Bad request', 0],
])('of %s %j %j it is clear what is to be done', async (status, headers, body, verdict, error, restMs) => {
  server.answers.push(answer(status, headers, body))
  const kind = error.split(':')[0]
  expect(await send(open('cloudflare'))).toEqual({ verdict, kind, error, restMs })
})

test('a date in Retry-After is a time to come', async () => {
  const at = new Date(Date.now() + 600_000).toUTCString()
  server.answers.push(answer('429 Too Many Requests', [`Retry-After: ${at}`]))
  const { restMs } = await send(open('fastly'))
  expect(restMs).toBeGreaterThan(0)
  expect(restMs).toBeLessThanOrEqual(600_000)
})

test.each([
  ['TooManyInvalidationsInProgress', 'later'],
  ['ThrottlingException', 'later'],
  ['InvalidArgument', 'never'],
])('CloudFront’s 400 %s means %s, and no more of it is told', async (code, verdict) => {
  const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>x-amz-security-token:secret</Message></Error></ErrorResponse>`
  server.answers.push(answer('400 Bad Request', [], body))
  expect(await send(open('cloudfront'))).toEqual({
    verdict,
    kind: 'HTTP 400',
    error: `HTTP 400: ${code}`,
    restMs: 0,
  })
})

test('a CDN that does not answer is asked later', async () => {
  const away = await startRecording()
  await away.close()
  expect(await send(open('varnish', { varnishUrls: away.url }))).toEqual({
    ...{ verdict: 'later', kind: 'ECONNREFUSED', error: 'ECONNREFUSED', restMs: 0 },
  })
  expect(await sendPurge(open('fastly'), { tags: ['a'], reference: 'r' }, AbortSignal.abort())).toMatchObject(
    {
      ...{ verdict: 'later', restMs: 0 },
    },
  )
})
