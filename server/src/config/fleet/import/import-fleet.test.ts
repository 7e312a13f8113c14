import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ImportSummary } from '../../../../../contract/fleet.ts'
import { bothDatabases, type OwnDatabase } from '../../../../../tests/stores/databases.ts'
import { administrator } from '../../../platform/auth/authenticate.ts'
import type { Line } from '../../../platform/http/read-lines.ts'
import { createTransact } from '../../change.ts'
import { createSchemaChecks } from '../../schemas/create-schema-checks.ts'
import { importFleet } from './import-fleet.ts'

const appLine = (number: number): Line => ({
  number,
  value: { type: 'app', appId: `app-${number}`, name: 'App' },
  bytes: 50,
})

describe('an import', () => {
  let own: OwnDatabase
  const checks = createSchemaChecks()
  beforeEach(async () => {
    own = await bothDatabases[0].make()
  })
  afterEach(async () => {
    await own.drop()
    await checks.close()
  })

  const faults: string[] = []
  const start = (lines: AsyncIterable<Line>, dryRun = false): AsyncGenerator<string> => {
    faults.length = 0
    return importFleet(lines, {
      transact: createTransact(own.database.kysely, checks, async () => {}),
      by: { actor: administrator, requestId: 'r' },
      dryRun,
      onFault: ({ code }) => void faults.push(code),
    })
  }

  const countApps = async (): Promise<number> =>
    (await own.database.kysely.selectFrom('apps').select('app_id').execute()).length

  it('sends a line feed for each batch that is done, then its summary', async () => {
    async function* lines(): AsyncGenerator<Line> {
      for (let number = 1; number <= 1_200; number++) yield appLine(number)
    }
    const texts = await Array.fromAsync(start(lines()))
    expect(texts.slice(0, -1)).toEqual(['\n', '\n', '\n'])
    const summary = JSON.parse(texts.join('')) as ImportSummary
    expect(summary).toMatchObject({ lines: 1_200, created: 1_200, stopped: null })
    expect(summary.items).toHaveLength(1_200)
    expect(await countApps()).toBe(1_200)
  })

  it('ends where each of many templates stands on two others: the ways through them are without number', async () => {
    const names = Array.from({ length: 44 }, (_, n) => `t-${String(n).padStart(2, '0')}`)
    const values = names.flatMap((appId, n) => [
      { type: 'app', appId, name: 'T', kind: 'template' },
      { type: 'version', appId, configVersion: '1.0.0', data: {} },
      { type: 'release', appId, configVersion: '1.0.0', standsOn: names[n - 1] ?? null },
      { type: 'release', appId, configVersion: '1.0.0', channel: 'beta', standsOn: names[n - 2] ?? null },
    ])
    async function* lines(): AsyncGenerator<Line> {
      for (const [at, value] of values.entries()) yield { number: at + 1, value, bytes: 50 }
    }
    const summary = JSON.parse((await Array.fromAsync(start(lines()))).join('')) as ImportSummary
    expect(summary).toMatchObject({ lines: 176, created: 176, refused: 0, stopped: null })
  })

  it('does nothing in a dry run, yet knows in a batch what those before it would bring', async () => {
    async function* lines(): AsyncGenerator<Line> {
      for (let number = 1; number <= 600; number++) yield appLine(number)
      yield {
        number: 601,
        value: { type: 'version', appId: 'app-1', configVersion: '1.0.0', data: {} },
        bytes: 1,
      }
      yield { number: 602, value: { type: 'release', appId: 'app-1', configVersion: '1.0.0' }, bytes: 1 }
      yield { number: 603, value: { type: 'release', appId: 'app-1', configVersion: '2.0.0' }, bytes: 1 }
    }
    const summary = JSON.parse((await Array.fromAsync(start(lines(), true))).join('')) as ImportSummary
    expect(summary).toMatchObject({ dryRun: true, lines: 603, created: 602, refused: 1 })
    expect(summary.items.at(-1)).toMatchObject({ line: 603, problem: { code: 'version_not_found' } })
    expect(await countApps()).toBe(0)
  })

  it('tells where it had to stop, and what is done by then', async () => {
    async function* lines(): AsyncGenerator<Line> {
      for (let number = 1; number <= 501; number++) yield appLine(number)
      await own.database.close()
      for (let number = 502; number <= 700; number++) yield appLine(number)
    }
    const summary = JSON.parse((await Array.fromAsync(start(lines()))).join('')) as ImportSummary
    expect(summary).toMatchObject({
      lines: 500,
      created: 500,
      stopped: { line: 501, code: 'store_unavailable' },
    })
    expect(faults).toEqual(['store_unavailable'])
  })

  it('fails like any request where not even the first batch can be done', async () => {
    await own.database.close()
    async function* lines(): AsyncGenerator<Line> {
      yield appLine(1)
    }
    await expect(start(lines()).next()).rejects.toThrow()
    expect(faults).toEqual([])
  })
})
