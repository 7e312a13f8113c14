import { expect, it } from 'vitest'
import type { ImportSummary } from '../contract/fleet.ts'
import { type Program, startProgram } from './program.ts'
import { freshDatabase } from './stores/database.ts'
import { freshDataDir } from './stores/embedded-cluster.ts'

const exportFrom = async ({ url, token }: Program, query = ''): Promise<string> => {
  const headers = { authorization: `Bearer ${token}` }
  return (await fetch(`${url}/manage/v1/export${query}`, { headers })).text()
}

const importInto = async ({ url, token }: Program, body: string): Promise<ImportSummary> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' }
  const answer = await fetch(`${url}/manage/v1/import`, { method: 'POST', headers, body })
  return (await answer.json()) as ImportSummary
}

const manage = async (
  { url, token }: Program,
  method: string,
  path: string,
  body?: object,
): Promise<void> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const sent = body && { body: JSON.stringify(body) }
  const answer = await fetch(`${url}/manage/v1${path}`, { method, headers, ...sent })
  expect(answer.ok, `${method} ${path} ${answer.status}`).toBe(true)
}

const dataOf = async ({ url }: Program, appId: string): Promise<unknown> =>
  ((await (await fetch(`${url}/v1/api/config/${appId}`)).json()) as { data: unknown }).data

/** Each has released what it is named by on what it extended; then the ties were changed. */
const moveTies = async (program: Program): Promise<void> => {
  const tied = [
    { appId: 'zz.base', kind: 'template', extends: null },
    { appId: 'aa.brand', kind: 'template', extends: 'zz.base' },
    { appId: 'yy.old', kind: 'template', extends: null },
    { appId: 'orphan', extends: 'yy.old' },
    { appId: 'untied', extends: 'aa.brand' },
    { appId: 'moved', extends: 'aa.brand' },
    { appId: 'later', extends: null },
  ]
  for (const { appId, ...app } of tied) {
    await manage(program, 'POST', '/apps', { appId, name: appId, ...app })
    await manage(program, 'POST', `/apps/${appId}/configs`, { configVersion: '1.0.0', data: { [appId]: 1 } })
    await manage(program, 'POST', `/apps/${appId}/releases`, { configVersion: '1.0.0' })
  }
  const ties = { 'aa.brand': null, orphan: null, untied: null, moved: 'zz.base', later: 'aa.brand' }
  for (const [appId, template] of Object.entries(ties)) {
    await manage(program, 'PATCH', `/apps/${appId}`, { extends: template })
  }
  await manage(program, 'DELETE', '/apps/yy.old')
}

it('gives clients elsewhere what apps stand on, also where they extend something else by now', async () => {
  const database = await freshDatabase()
  const [first, second] = await Promise.all([
    startProgram({ dataDir: await freshDataDir() }),
    startProgram({ env: { DATABASE_URL: database.url } }),
  ])
  try {
    await moveTies(first)
    const text = await exportFrom(first)
    expect(await importInto(first, text)).toMatchObject({ refused: 0, changed: 0, created: 0 })
    expect(await importInto(second, text)).toMatchObject({ refused: 0, unchanged: 0 })
    expect(await exportFrom(second)).toBe(text)
    for (const program of [first, second]) {
      const brand = { 'zz.base': 1, 'aa.brand': 1 }
      expect(await dataOf(program, 'untied')).toEqual({ ...brand, untied: 1 })
      expect(await dataOf(program, 'moved')).toEqual({ ...brand, moved: 1 })
      expect(await dataOf(program, 'orphan')).toEqual({ 'yy.old': 1, orphan: 1 })
      expect(await dataOf(program, 'later')).toEqual({ later: 1 })
    }
  } finally {
    await Promise.all([first, second].map((program) => program.kill()))
    await database.drop()
  }
})

const paid = { '==': [{ var: 'plan' }, 'paid'] }
const flag = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' }

/** A template and an app with rules over what they declared when they were saved; by now they declare something else. */
const targetFleet = async (program: Program): Promise<void> => {
  const attributes = { plan: { type: 'string', description: 'free or paid' }, build: { type: 'version' } }
  await manage(program, 'POST', '/apps', { appId: 'front', name: 'Front', kind: 'template', attributes })
  const front = {
    configVersion: '1.0.0',
    data: { theme: { dark: true, primary: '#000' }, on: true },
    overrides: [{ name: 'paid', when: paid, data: { on: false, theme: { dark: null } } }],
    flags: { search: flag, 'a/b': { ...flag, targeting: { if: [paid, 'on', 'off'] } } },
  }
  await manage(program, 'POST', '/apps/front/configs', front)
  await manage(program, 'POST', '/apps/front/releases', { configVersion: '1.0.0' })
  const shop = { appId: 'shop', name: 'Shop', extends: 'front', pollSeconds: 60 }
  await manage(program, 'POST', '/apps', { ...shop, attributes: { seats: { type: 'number' } } })
  const when = { and: [{ '!==': [{ var: 'seats' }, null] }, { '>': [{ var: 'seats' }, 5] }] }
  const overrides = [
    { name: 'z', when, rollout: 12.25, data: { on: 1 } },
    { name: 'paid', data: {} },
  ]
  const own = { configVersion: '1.0.0', data: {}, overrides, flags: { search: null } }
  await manage(program, 'POST', '/apps/shop/configs', own)
  await manage(program, 'POST', '/apps/shop/releases', { configVersion: '1.0.0' })
  await manage(program, 'PATCH', '/apps/front', { attributes: { plan: { type: 'number' } } })
  await manage(program, 'PATCH', '/apps/shop', { attributes: {} })
}

it('moves overrides, flags and what was declared for them as they are', async () => {
  const database = await freshDatabase()
  const [first, second] = await Promise.all([
    startProgram({ dataDir: await freshDataDir() }),
    startProgram({ env: { DATABASE_URL: database.url } }),
  ])
  try {
    await targetFleet(first)
    const text = await exportFrom(first)
    expect(text).toContain('"overrides":[{"data":{"on":1},"name":"z"')
    expect(text).toContain('"pollSeconds":60')
    expect(await importInto(first, text)).toMatchObject({ refused: 0, changed: 0, created: 0 })
    expect(await importInto(second, text)).toMatchObject({ refused: 0, unchanged: 0 })
    expect(await exportFrom(second)).toBe(text)
  } finally {
    await Promise.all([first, second].map((program) => program.kill()))
    await database.drop()
  }
})

it('exports the same bytes from a Parasol into which an export was imported, on another database', async () => {
  const database = await freshDatabase()
  const [first, second, third] = await Promise.all([
    startProgram({ env: { PARASOL_EXAMPLES: 'on' }, dataDir: await freshDataDir() }),
    startProgram({ env: { DATABASE_URL: database.url } }),
    startProgram({ dataDir: await freshDataDir() }),
  ])
  try {
    const text = await exportFrom(first)
    expect(text.length).toBeGreaterThan(100_000)
    expect(await importInto(second, text)).toMatchObject({ refused: 0, unchanged: 0, stopped: null })
    expect(await exportFrom(second)).toBe(text)
    // What is live alone is a fleet too.
    const live = await exportFrom(second, '?versions=live')
    expect(live.length).toBeLessThan(text.length)
    expect(await importInto(third, live)).toMatchObject({ refused: 0, unchanged: 0, stopped: null })
    expect(await exportFrom(third)).toBe(live)
  } finally {
    await Promise.all([first, second, third].map((program) => program.kill()))
    await database.drop()
  }
})
