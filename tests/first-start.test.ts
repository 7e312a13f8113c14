import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonValue } from '../contract/json.ts'
import { mergePatch } from '../contract/merge-patch.ts'
import { ask } from './contract/ask.ts'
import { type Program, startProgram } from './program.ts'
import { freshDatabase } from './stores/database.ts'

interface Example {
  app: { appId: string; name: string; kind?: string }
  versions: { configVersion: string; data: object }[]
  releases: { configVersion: string; channel?: string }[]
}

const folder = fileURLToPath(new URL('../examples/fleet/', import.meta.url))
const examples: Example[] = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))

const apps = examples.filter(({ app }) => app.kind !== 'template')
const company = examples.find(({ app }) => app.appId === 'company')

const tokenOf = ({ dataDir }: { dataDir: string }): string =>
  readFileSync(join(dataDir, 'admin-token'), 'utf8').trim()

const manage = async (program: Program, path: string, body?: object, method = body ? 'POST' : 'GET') => {
  const headers = { authorization: `Bearer ${tokenOf(program)}`, 'content-type': 'application/json' }
  return ask(`${program.url}/manage/v1${path}`, { method, headers, ...(body && { body }) })
}

/** What a person at a terminal reads: all that is no JSON line. */
const banner = (program: Program): string[] =>
  program
    .logs()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('{'))

const firstStart = (first: () => Program): void => {
  it('says in a dozen lines what it did, where things are and what to try', () => {
    const lines = banner(first())
    expect(lines.length).toBeLessThanOrEqual(14)
    expect(lines.filter((line) => line.includes('curl '))).toHaveLength(3)
    const text = lines.join('\n')
    expect(text).toContain(first().url)
    expect(text).toContain(first().dataDir)
    expect(text).toContain(`${apps.length} example apps`)
  })

  it('makes an admin token, prints it as often as it is to be copied, and keeps it for the owner alone', async () => {
    const token = tokenOf(first())
    expect(token.length).toBeGreaterThanOrEqual(32)
    expect(statSync(join(first().dataDir, 'admin-token')).mode & 0o777).toBe(0o600)
    const told = first()
      .logs()
      .split('\n')
      .filter((line) => line.includes(token))
    expect(told).toEqual([
      expect.stringMatching(/^ {2}Admin token +parasol_\S+ +\(made once, kept in \/.*\/admin-token\)$/),
      expect.stringContaining('curl -H "Authorization: Bearer '),
    ])
    expect((await manage(first(), '/apps')).status).toBe(200)
  })

  it('serves what the examples released last', async () => {
    expect(apps.length).toBeGreaterThanOrEqual(8)
    for (const { app, versions, releases } of apps) {
      const live = releases.findLast(({ channel = 'stable' }) => channel === 'stable')
      const version = versions.find(({ configVersion }) => configVersion === live?.configVersion)
      const answer = await ask(`${first().url}/v1/api/config/${app.appId}`)
      expect(answer.status).toBe(200)
      const data = mergePatch(company?.versions[0]?.data as JsonValue, version?.data as JsonValue)
      expect(answer.json()).toMatchObject({ configVersion: live?.configVersion, data })
      const saved = await manage(first(), `/apps/${app.appId}/configs?limit=200`)
      expect(saved.json<{ items: object[] }>().items).toHaveLength(versions.length)
    }
  })
}

describe.each(['node', 'bun'] as const)('the first start on %s', (runtime) => {
  // As an operator starts it: nothing is set but where to listen and to keep things.
  const env = { PARASOL_ADMIN_TOKEN: '', PARASOL_EXAMPLES: '' }
  let program: Program
  beforeAll(async () => {
    program = await startProgram({ runtime, env })
  })
  afterAll(() => program.kill())

  firstStart(() => program)

  it('is followed by starts that keep all data, load nothing and print no token', async () => {
    const token = tokenOf(program)
    await manage(program, '/apps/shop', undefined, 'DELETE')
    await manage(program, '/apps', { appId: 'mine', name: 'Mine' })
    await manage(program, '/apps/mine/configs', { configVersion: '1.0.0', data: { kept: true } })
    await manage(program, '/apps/mine/releases', { configVersion: '1.0.0' })
    const audit = (await manage(program, '/audit?limit=50')).text
    const news = await ask(`${program.url}/v1/api/config/news`)
    expect(await program.stop()).toBe(0)

    program = await startProgram({ runtime, env, dataDir: program.dataDir })
    expect(tokenOf(program)).toBe(token)
    expect(program.logs()).not.toContain(token)
    expect(banner(program)).toEqual([expect.stringContaining('Parasol answers at')])
    expect((await manage(program, '/audit?limit=50')).text).toBe(audit)
    expect((await ask(`${program.url}/v1/api/config/mine`)).json()).toMatchObject({ data: { kept: true } })
    expect((await ask(`${program.url}/v1/api/config/shop`)).status).toBe(410)
    const again = await ask(`${program.url}/v1/api/config/news`)
    expect(again.text).toBe(news.text)
    expect(again.headers.etag).toBe(news.headers.etag)
    expect(again.headers['last-modified']).toBe(news.headers['last-modified'])
  })
})

describe('the first start on real PostgreSQL', () => {
  it('loads no examples unless told to, and then once, whoever starts', async () => {
    const counts = async (url: string, choice: string): Promise<number> => {
      const env = { PARASOL_ADMIN_TOKEN: '', DATABASE_URL: url, PARASOL_EXAMPLES: choice }
      const program = await startProgram({ env })
      const { items } = (await manage(program, '/apps?limit=200')).json<{ items: object[] }>()
      expect(await program.stop()).toBe(0)
      return items.length
    }
    for (const [choice, expected] of [
      ['auto', 0],
      ['on', examples.length],
    ] as const) {
      const database = await freshDatabase()
      expect(await counts(database.url, choice)).toBe(expected)
      // Later starts load nothing, whatever the setting says then.
      expect(await counts(database.url, 'on')).toBe(expected)
      await database.drop()
    }
  })

  it('is followed by nodes that say where their own admin token is', async () => {
    const database = await freshDatabase()
    const env = { PARASOL_ADMIN_TOKEN: '', DATABASE_URL: database.url }
    const first = await startProgram({ env })
    const second = await startProgram({ env })
    expect(banner(second)).toEqual([expect.stringContaining(join(second.dataDir, 'admin-token'))])
    await Promise.all([first.kill(), second.kill()])
    await database.drop()
  })
})
