import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { settingsTable } from './settings/table.ts'
import { problemsOf } from './settings.fixture.ts'
import { dumpSettings, readClientSettings, readSettings, settingsMarkdown } from './settings.ts'

test('an empty environment gives the defaults, frozen', () => {
  const settings = readSettings({})
  expect(settings).toMatchObject({
    host: '0.0.0.0',
    port: 8080,
    services: ['gateway', 'config', 'analytics'],
    dataDir: './data',
    databasePool: 10,
    snapshots: true,
    examples: 'auto',
    logLevel: 'info',
  })
  expect(settings.databaseUrl).toBeUndefined()
  expect(settings.adminToken).toBeUndefined()
  expect(Object.isFrozen(settings)).toBe(true)
})

test('each type is read, with the space around it left out', () => {
  const settings = readSettings({
    PARASOL_PORT: ' 0 ',
    PARASOL_SERVICES: 'config, gateway,config,analytics',
    PARASOL_SNAPSHOTS: 'Off',
    PARASOL_EXAMPLES: 'on',
    DATABASE_URL: 'postgres://ann:secret@db:5432/parasol\n',
    REDIS_URL: 'redis://one:6379,redis://two:6379',
  })
  expect(settings).toMatchObject({
    port: 0,
    services: ['config', 'gateway', 'analytics'],
    snapshots: false,
    examples: 'on',
    databaseUrl: 'postgres://ann:secret@db:5432/parasol',
    redisUrl: 'redis://one:6379,redis://two:6379',
  })
  expect(Object.isFrozen(settings.services)).toBe(true)
})

test('deprecated versions of the API are read as moments, and shown as they were written', () => {
  const text = 'v1=2027-01-01/2027-07-01T12:00:00+02:00, v2=2028-01-01/2028-01-01'
  expect(readSettings({ PARASOL_DEPRECATED_APIS: text }).deprecatedApis).toEqual({
    v1: { deprecatedAt: Date.UTC(2027, 0, 1), endsAt: Date.UTC(2027, 6, 1, 10) },
    v2: { deprecatedAt: Date.UTC(2028, 0, 1), endsAt: Date.UTC(2028, 0, 1) },
  })
  expect(readSettings({}).deprecatedApis).toBeUndefined()
  const dump = dumpSettings({ PARASOL_DEPRECATED_APIS: text })
  expect(dump.find(({ name }) => name === 'PARASOL_DEPRECATED_APIS')).toEqual({
    name: 'PARASOL_DEPRECATED_APIS',
    value: text,
    origin: 'environment',
  })
})

test('networks are read one by one, and the one that is none is told', () => {
  expect(
    readSettings({ PARASOL_TRUSTED_PROXIES: 'loopback, 10.0.0.0/8,2001:db8::1' }).trustedProxies,
  ).toEqual(['loopback', '10.0.0.0/8', '2001:db8::1'])
  const [problem] = problemsOf({ PARASOL_DENY_IPS: '10.0.0.0/8,10.0.0.0/40' })
  expect(problem).toMatch(
    /^PARASOL_DENY_IPS is ".*", but "10.0.0.0\/40" is none of addresses, networks such as/,
  )
})

test('a number without a default may be missing', () => {
  expect(readSettings({}).adminPort).toBeUndefined()
  expect(readSettings({ PARASOL_ADMIN_PORT: '0' }).adminPort).toBe(0)
})

test('an empty variable counts as not set', () => {
  const empty = Object.fromEntries(Object.values(settingsTable).map((row) => [row.name, ' ']))
  expect(readSettings(empty)).toEqual(readSettings({}))
})

test('PORT counts when PARASOL_PORT is not set', () => {
  expect(readSettings({ PORT: '9000' }).port).toBe(9000)
  expect(readSettings({ PORT: '9000', PARASOL_PORT: '9001' }).port).toBe(9001)
  expect(problemsOf({ PORT: 'tcp://10.0.0.1' })).toEqual([
    'PORT is "tcp://10.0.0.1", but it must be a whole number from 0 to 65535. Correct it, or leave it out for 8080.',
  ])
})

test('a cache that holds fewer than four of the largest documents is refused, and four are enough', () => {
  const small = { PARASOL_CACHE_BYTES: '4194303' }
  expect(problemsOf(small)).toEqual([
    'PARASOL_CACHE_BYTES is 4194303, but it must be at least 4 times PARASOL_MAX_DOCUMENT_BYTES (1048576), or large documents ' +
      'are compressed anew for each reader. Set PARASOL_CACHE_BYTES to 4194304 or more, or PARASOL_MAX_DOCUMENT_BYTES to 1048575 or less.',
  ])
  expect(problemsOf({ ...small, PARASOL_MAX_DOCUMENT_BYTES: '1048575' })).toEqual([])
  expect(problemsOf({ PARASOL_CACHE_BYTES: '4194304' })).toEqual([])
  expect(problemsOf({ PARASOL_MAX_DOCUMENT_BYTES: '67108864' })).toEqual([])
})

describe('names that begin with PARASOL_', () => {
  test('a slip of the pen is refused with the name that was meant', () => {
    expect(problemsOf({ PARASOL_DATADIR: '/tmp' })).toEqual([
      'PARASOL_DATADIR is not a setting. Did you mean PARASOL_DATA_DIR?',
    ])
  })

  test('an unknown one that resembles none is refused with the place to look', () => {
    expect(problemsOf({ PARASOL_ELEPHANTS_ALLOWED: '1' })).toEqual([
      'PARASOL_ELEPHANTS_ALLOWED is not a setting. docs/settings.md lists all.',
    ])
  })

  test('what Kubernetes tells about Services called parasol and parasol-config is neither a setting nor a mistake', () => {
    const env = {
      PARASOL_SERVICE_HOST: '10.0.0.1',
      PARASOL_SERVICE_PORT: '8080',
      PARASOL_SERVICE_PORT_HTTP: '8080',
      PARASOL_PORT: 'tcp://10.0.0.1:8080',
      PARASOL_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      PARASOL_PORT_8080_TCP_PROTO: 'tcp',
      PARASOL_CONFIG_SERVICE_HOST: '10.0.0.2',
      PARASOL_CONFIG_PORT: 'tcp://10.0.0.2:8080',
    }
    expect(readSettings(env)).toEqual(readSettings({}))
  })

  test('what clients use, whatever it says, and names of other programs are fine', () => {
    expect(problemsOf({ PARASOL_URL: 'here', PARASOL_TOKEN: 'x', PATH: '/bin', DATABASE_UR: 'x' })).toEqual(
      [],
    )
  })
})

describe('a command that asks a server', () => {
  test('needs nothing', () => {
    expect(readClientSettings({})).toEqual({ url: 'http://localhost:8080', dataDir: './data' })
  })

  test('is told where it is, and minds nothing that is set for a server alone', () => {
    const env = {
      PARASOL_URL: 'https://parasol.example.com/a',
      PARASOL_TOKEN: 'secret',
      PARASOL_PORT: 'no port',
    }
    expect(readClientSettings(env)).toMatchObject({ url: env.PARASOL_URL, token: 'secret' })
  })

  test.each([
    [{ PARASOL_URL: 'localhost:8080' }, 'PARASOL_URL is "localhost:8080", but it must be a URL with http://'],
    [{ PARASOL_TOKN: 'secret' }, 'PARASOL_TOKN is not a setting. Did you mean PARASOL_TOKEN?'],
  ])('is refused with %j', (env, line) => {
    expect(() => readClientSettings(env)).toThrow(line)
  })
})

test('two services without a gateway before them are refused: one of them could not be reached', () => {
  expect(problemsOf({ PARASOL_SERVICES: 'config,analytics' })[0]).toMatch(
    /^PARASOL_SERVICES is config,analytics, but/,
  )
})

test('the dump tells origins and masks secrets, but shows that none is set', () => {
  const dump = dumpSettings({ PORT: '9000', DATABASE_URL: 'postgres://ann:hush@db/x' })
  expect(dump).toContainEqual({ name: 'PARASOL_PORT', value: '9000', origin: 'environment' })
  expect(dump).toContainEqual({ name: 'DATABASE_URL', value: '********', origin: 'environment' })
  expect(dump).toContainEqual({ name: 'REDIS_URL', value: '', origin: 'default' })
  expect(dump).toContainEqual({
    name: 'PARASOL_SERVICES',
    value: 'gateway,config,analytics',
    origin: 'default',
  })
  expect(JSON.stringify(dump)).not.toContain('hush')
})

test('what the dump prints, set as an environment, gives the same settings', () => {
  const again = Object.fromEntries(dumpSettings({}).map((row) => [row.name, row.value]))
  expect(readSettings(again)).toEqual(readSettings({}))
})

test('fields are the names in camel case', () => {
  for (const [field, row] of Object.entries(settingsTable)) {
    const words = row.name.replace(/^PARASOL_/, '').toLowerCase()
    expect(field).toBe(words.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()))
  }
})

test('docs/settings.md is current (else: node scripts/write-settings-doc.ts)', async () => {
  const page = await readFile(new URL('../../docs/settings.md', import.meta.url), 'utf8')
  expect(page).toBe(settingsMarkdown())
})
