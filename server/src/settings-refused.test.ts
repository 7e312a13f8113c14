import { describe, expect, test } from 'vitest'
import { problemsOf } from './settings.fixture.ts'
import { readSettings } from './settings.ts'

describe('refused, with a line that tells how to fix it', () => {
  test.each([
    [{ PARASOL_PORT: '80.5' }, 'PARASOL_PORT is "80.5", but it must be a whole number from 0 to 65535'],
    [{ PARASOL_PORT: '65536' }, 'PARASOL_PORT is "65536"'],
    [{ PARASOL_PORT: '0x50' }, 'PARASOL_PORT is "0x50"'],
    [{ PARASOL_SNAPSHOTS: 'maybe' }, 'PARASOL_SNAPSHOTS is "maybe", but it must be true or false'],
    [{ PARASOL_LOG_LEVEL: 'loud' }, 'it must be one of trace, debug, info, warn, error, fatal, silent'],
    [{ PARASOL_SERVICES: 'config,proxy' }, 'it must be one or more of gateway, config, analytics'],
    [{ PARASOL_SERVICES: ',' }, 'it must be one or more of gateway, config, analytics'],
    [
      { PARASOL_DEPRECATED_APIS: 'v1' },
      'it must be written as v1=2027-01-01/2027-07-01 (deprecated from / ended by; v1 or v2; commas between several)',
    ],
    [{ PARASOL_DEPRECATED_APIS: 'beta=2027-01-01/2027-07-01' }, 'it must be written as v1='],
    [{ PARASOL_DEPRECATED_APIS: 'v1=2027-02-30/2027-07-01' }, 'it must be written as v1='],
    [{ PARASOL_DEPRECATED_APIS: 'v1=2027-01-01/2027-07-01,' }, 'it must be written as v1='],
    [
      { PARASOL_DEPRECATED_APIS: 'v1=2027-01-01/2027-07-01, v1=2028-01-01/2028-07-01' },
      'v1 must be there once',
    ],
    [{ PARASOL_DEPRECATED_APIS: 'v2=2027-07-01/2027-01-01' }, 'v2 must not end before it is deprecated'],
    [
      { PARASOL_CONFIG_URL: 'config:8080' },
      'it must be one or more URLs (commas between) with http:// or https://',
    ],
    [{ PARASOL_ADMIN_TOKEN: 'short' }, 'PARASOL_ADMIN_TOKEN is set, but it must have at least 16 characters'],
    [
      { PARASOL_ADMIN_TOKEN: 'sixteen letters and spaces' },
      'it may hold letters, digits and - . _ ~ + / only',
    ],
  ])('%j', (env, line) => {
    expect(problemsOf(env)).toEqual([expect.stringContaining(line)])
  })

  test.each([
    [{ DATABASE_URL: 'mysql://ann:hush@db/x' }],
    [{ DATABASE_URL: 'postgres://ann:hush/hush@db:5432/x' }],
    [{ REDIS_URL: 'redis://:hush@one:6379,:hush@two' }],
    [{ PARASOL_ADMIN_TOKEN: 'hush' }],
  ])('a secret stays out of the line: %#', (env) => {
    const problems = problemsOf(env)
    expect(problems).toHaveLength(1)
    expect(problems.join()).not.toContain('hush')
  })

  test('all mistakes at once', () => {
    const problems = problemsOf({ PARASOL_PORT: 'x', PARASOL_LOG_LEVEL: 'y', PARASOL_ZZZZZZZZZZZZ: '1' })
    expect(problems).toHaveLength(3)
  })
})

describe('a gateway without its neighbours', () => {
  test('needs to be told where each of them is', () => {
    const problems = problemsOf({ PARASOL_SERVICES: 'gateway' })
    expect(problems).toHaveLength(2)
    expect(problems[0]).toMatch(/^PARASOL_CONFIG_URL is not set, but the gateway needs it/)
    expect(problems[1]).toMatch(/^PARASOL_ANALYTICS_URL is not set, but the gateway needs it/)
  })

  test('is told once of a URL that cannot be read, and never of a password in it', () => {
    const urls = { PARASOL_CONFIG_URL: 'redis://x', PARASOL_ANALYTICS_URL: 'http://ann:hush@x:8082' }
    expect(problemsOf({ PARASOL_SERVICES: 'gateway', ...urls })).toEqual([
      'PARASOL_CONFIG_URL is "redis://x", but it must be one or more URLs (commas between) with http:// or https://. Correct it.',
      'PARASOL_ANALYTICS_URL is set, but it must not have a user or a password. Correct it.',
    ])
  })

  test('is fine once it knows', () => {
    const settings = readSettings({
      PARASOL_SERVICES: 'gateway,analytics',
      PARASOL_CONFIG_URL: 'http://config:8080',
      DATABASE_URL: 'postgres://db/parasol',
    })
    expect(settings.configUrl).toBe('http://config:8080')
    expect(readSettings({ PARASOL_SERVICES: 'config' }).services).toEqual(['config'])
  })
})

test('a CDN that is named lacks nothing that it needs, and one that is not named needs nothing', () => {
  expect(problemsOf({ PARASOL_CDN: 'fastly,varnish', PARASOL_FASTLY_SERVICE: 'S1' })).toEqual([
    'PARASOL_FASTLY_TOKEN is not set, but PARASOL_CDN names fastly, which needs it. Set it, or leave fastly out.',
    'PARASOL_VARNISH_URLS is not set, but PARASOL_CDN names varnish, which needs it. Set it, or leave varnish out.',
  ])
  expect(problemsOf({ PARASOL_CDN: 'akamai' })[0]).toContain(
    'it must be one or more of cloudflare, cloudfront, fastly, varnish',
  )
  expect(problemsOf({ PARASOL_FASTLY_SERVICE: 'S1', AWS_ACCESS_KEY_ID: 'a' })).toEqual([])
})

test('an analytics service without the config service needs its database', () => {
  expect(problemsOf({ PARASOL_SERVICES: 'analytics' })).toEqual([
    'DATABASE_URL is not set, but the analytics service needs it, because PARASOL_SERVICES leaves the config service out of ' +
      'this process. Set it to the database of that service, or add "config" to PARASOL_SERVICES.',
  ])
  expect(problemsOf({ PARASOL_SERVICES: 'analytics', DATABASE_URL: 'postgres://db/parasol' })).toEqual([])
})

test('workers need a database that they can share, where they hold configs', () => {
  const workers = { PARASOL_WORKERS: '2' }
  expect(problemsOf(workers)).toEqual([
    'PARASOL_WORKERS is 2, but the embedded database belongs to one process. Set DATABASE_URL, or leave PARASOL_WORKERS at 1.',
  ])
  const urls = { PARASOL_CONFIG_URL: 'http://config:8080', PARASOL_ANALYTICS_URL: 'http://analytics:8080' }
  expect(problemsOf({ ...workers, ...urls, PARASOL_SERVICES: 'gateway' })).toEqual([])
  expect(problemsOf({ ...workers, DATABASE_URL: 'postgres://db/parasol' })).toEqual([])
  const admin = { ...workers, DATABASE_URL: 'postgres://db/parasol', PARASOL_ADMIN_PORT: '0' }
  expect(problemsOf(admin)).toEqual([
    'PARASOL_ADMIN_PORT is 0, so each of 2 workers would take another port. Name one, which they share, or leave PARASOL_WORKERS at 1.',
  ])
  expect(problemsOf({ ...admin, PARASOL_ADMIN_PORT: '9090' })).toEqual([])
})

test('a certificate needs its key, and a key its certificate', () => {
  expect(problemsOf({ PARASOL_TLS_CERT: 'a.pem' })).toEqual([
    'PARASOL_TLS_KEY is not set, but PARASOL_TLS_CERT is. Set both to speak HTTPS, or neither.',
  ])
  expect(problemsOf({ PARASOL_TLS_KEY: 'a.pem' })).toEqual([
    'PARASOL_TLS_CERT is not set, but PARASOL_TLS_KEY is. Set both to speak HTTPS, or neither.',
  ])
})

test('mail needs a server, and somebody it is from', () => {
  const smtp = { PARASOL_SMTP_URL: 'smtp://ann:secret@mail.example.com:587' }
  expect(problemsOf({ ...smtp, PARASOL_ALERT_FROM: 'Parasol <parasol@example.com>' })).toEqual([])
  expect(problemsOf(smtp)).toEqual([
    'PARASOL_ALERT_FROM is not set, but PARASOL_SMTP_URL is, and mail needs somebody it is from. Set it to an address such as parasol@example.com.',
  ])
  for (const from of ['a@b\r\nBcc: c@d', 'a@b, c@d', '<a@b>', 'parasol']) {
    expect(problemsOf({ ...smtp, PARASOL_ALERT_FROM: from })[0]).toContain('it may hold one address')
  }
  expect(problemsOf({ PARASOL_SMTP_URL: 'http://mail.example.com' })[0]).toMatch(
    /^PARASOL_SMTP_URL is set, but/,
  )
})
