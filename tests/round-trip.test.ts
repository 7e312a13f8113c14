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
