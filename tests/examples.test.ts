import { readdirSync, readFileSync } from 'node:fs'
import semver from 'semver'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { overrides } from '../contract/targeting.ts'

const folder = new URL('../examples/fleet/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
const version = z.string().refine((text) => semver.valid(text) === text, 'not a semantic version')

const fleetFile = z.strictObject({
  app: z.strictObject({
    appId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
    name: z.string().min(1),
    kind: z.enum(['app', 'template']).optional(),
    extends: z.literal('company').optional(),
    schema: z.record(z.string(), z.unknown()).optional(),
    labels: z.record(z.string(), z.string()),
  }),
  versions: z
    .array(
      z.strictObject({
        configVersion: version,
        minimumAppVersion: version.optional(),
        deprecationDate: z.iso.date().optional(),
        note: z.string().min(1),
        overrides: overrides.optional(),
        data: z.record(z.string(), z.unknown()),
      }),
    )
    .min(2)
    .max(4),
  releases: z
    .array(
      z.strictObject({
        configVersion: version,
        channel: z.literal('beta').optional(),
        reason: z.string().min(1),
      }),
    )
    .min(1),
})

const read = (name: string) => fleetFile.parse(JSON.parse(readFileSync(new URL(name, folder), 'utf8')))
const kilobytes = (data: unknown) => Buffer.byteLength(JSON.stringify(data)) / 1024

/** Every host a text names: in a URL, after an @, or bare under a well-known top-level domain. */
const hostsIn = (text: string): string[] =>
  [
    /[a-z][a-z0-9+.-]*:\/\/([a-z0-9._-]+\.[a-z]+|localhost)/gi,
    /@([a-z0-9.-]+\.[a-z]{2,})/gi,
    /\b((?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|eu|co|de|fr|uk))\b(?!\.)/gi,
  ].flatMap((pattern) => [...text.matchAll(pattern)].map((match) => (match[1] ?? '').toLowerCase()))
const reserved = /^(?:(?:[a-z0-9-]+\.)*example\.(?:com|org|net)|localhost)$/

describe('the example fleet', () => {
  it('has at least eight apps, each with an id of its own', () => {
    const ids = files.map((name) => read(name).app.appId)
    expect(ids.length).toBeGreaterThanOrEqual(8)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('spans documents from 1 to 60 KB', () => {
    const apps = files.map(read).filter(({ app }) => app.kind !== 'template')
    const sizes = apps.map(({ versions }) => Math.max(...versions.map((each) => kilobytes(each.data))))
    const between = (from: number, to: number) => sizes.filter((size) => size >= from && size <= to).length
    expect(between(1, 60)).toBe(sizes.length)
    expect(between(1, 2)).toBeGreaterThanOrEqual(2)
    expect(between(3, 12)).toBeGreaterThanOrEqual(3)
    expect(between(22, 28)).toBeGreaterThanOrEqual(1)
    expect(between(55, 60)).toBeGreaterThanOrEqual(1)
  })

  it('shows a saved version that is not released, and documents without the optional members', () => {
    const fleet = files.map(read)
    const released = (app: (typeof fleet)[number]) => app.releases.map((each) => each.configVersion)
    const waiting = fleet.filter((app) =>
      app.versions.some((each) => !released(app).includes(each.configVersion)),
    )
    expect(waiting).not.toEqual([])
    const bare = fleet.filter((app) => app.versions.every((v) => !v.minimumAppVersion && !v.deprecationDate))
    expect(bare).not.toEqual([])
  })
})

describe.each(files)('examples/fleet/%s', (name) => {
  it('has versions that grow and differ', () => {
    const { versions } = read(name)
    for (const [index, next] of versions.slice(1).entries()) {
      const before = versions[index]
      expect(semver.gt(next.configVersion, before?.configVersion ?? '')).toBe(true)
      expect(next.data).not.toEqual(before?.data)
    }
  })

  it('releases only versions it has, in their order', () => {
    const { versions, releases } = read(name)
    const known = versions.map((each) => each.configVersion)
    const released = releases.map((each) => each.configVersion)
    expect(known.filter((each) => released.includes(each))).toEqual(released)
  })

  it('names no host but the reserved example ones', () => {
    const found = hostsIn(readFileSync(new URL(name, folder), 'utf8'))
    expect(found.length).toBeGreaterThan(0)
    expect(found.filter((host) => !reserved.test(host))).toEqual([])
  })
})

it('finds a real host in a text that has one', () => {
  const text =
    'https://api.shop.test-real.com/a, wss://b.example.io, x@mail.de, "cdn.acme.net", mqtts://h.lan:1'
  const real = hostsIn(text).filter((host) => !reserved.test(host))
  expect([...new Set(real)].sort()).toEqual([
    'api.shop.test-real.com',
    'b.example.io',
    'cdn.acme.net',
    'h.lan',
    'mail.de',
  ])
})
