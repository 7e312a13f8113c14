import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { CheckGivenUp } from './checks.ts'
import { createSchemaChecks } from './create-schema-checks.ts'

const checks = createSchemaChecks()
afterAll(() => checks.close())

const batchOf = (schema: object, ...data: unknown[]) => ({
  layers: data.map((one) => ({ data: JSON.stringify(one) })),
  schemas: [{ appId: 'app', text: JSON.stringify(schema) }],
  configs: data.map((_, place) => ({ appId: 'app', layers: [place], schemas: [0], partial: false })),
})
const check = (schema: object, ...data: unknown[]) => checks.check(batchOf(schema, ...data), 20_000)

/** Each definition asks the one before twice: 2 to the power of 30 ways, none of which fits. */
const exponential = {
  $ref: '#/$defs/d30',
  $defs: Object.fromEntries<object>([
    ['d0', { type: 'string' }],
    ...Array.from({ length: 30 }, (_, i): [string, object] => {
      const before = { $ref: `#/$defs/d${i}` }
      return [`d${i + 1}`, { anyOf: [before, before] }]
    }),
  ]),
}
const manyObjects = { items: Array.from({ length: 100_000 }, (_, i) => ({ i })) }

describe('the thread of the schema checks', () => {
  test('answers for each config, in their order', async () => {
    const schema = { required: ['a'] }
    const verdicts = await check(schema, { a: 1 }, {}, { a: 2 })
    expect(verdicts.map(({ findings }) => findings.length)).toEqual([0, 1, 0])
    expect(await check(schema)).toEqual([])
  })

  test('answers many at once, one after the other', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) => check({ const: { i } }, { i }, { i: i + 1 })),
    )
    for (const verdicts of all) expect(verdicts.map(({ findings }) => findings.length)).toEqual([0, 1])
  })

  test('runs a pattern that would backtrack for ever in no time', async () => {
    const schema = {
      properties: { a: { pattern: '^(a+)+$' }, b: { pattern: '(x|x)*y' }, c: { format: 'url' } },
    }
    const data = {
      a: `${'a'.repeat(300_000)}!`,
      b: 'x'.repeat(300_000),
      c: `http://${'a:'.repeat(300_000)} `,
    }
    const [verdict] = await check(schema, data)
    expect(verdict?.findings.map(({ pointer }) => pointer)).toEqual(['/data/a', '/data/b', '/data/c'])
  })

  test.each([
    [
      'compares 100,000 objects with each other',
      { properties: { items: { uniqueItems: true } } },
      [{}, manyObjects],
      1,
    ],
    ['tries alternatives of alternatives', exponential, [{}], 0],
  ])(
    'is ended where a schema %s; this process goes on, and so does the next check',
    async (_, schema, data, index) => {
      let turns = 0
      const turning = setInterval(() => {
        turns += 1
      }, 10)
      const error = await check(schema, ...data).catch((thrown) => thrown)
      clearInterval(turning)
      expect(error).toBeInstanceOf(CheckGivenUp)
      expect(error).toMatchObject({ message: 'takes longer than 2 seconds', index })
      expect(turns).toBeGreaterThan(20)
      expect(await check({ required: ['a'] }, { a: 1 })).toEqual([{ findings: [], more: 0 }])
    },
  )

  test('is ended where all configs together take longer than they may', async () => {
    const data = Array.from({ length: 50 }, () => ({ items: manyObjects.items.slice(0, 4_000) }))
    const batch = batchOf({ properties: { items: { uniqueItems: true } } }, ...data)
    await expect(checks.check(batch, 200)).rejects.toThrow(
      /and all before it takes longer than one change may/,
    )
  })

  test('goes on where a config has so many overrides that all take longer than one check may', async () => {
    const batch = batchOf(
      { properties: { items: { uniqueItems: true } } },
      {
        items: manyObjects.items.slice(0, 1_500),
      },
    )
    const overrides = Array.from({ length: 45 }, (_, i) => ({ name: `o${i}`, data: { on: true } }))
    const layers = batch.layers.map((layer) => ({ ...layer, overrides: JSON.stringify(overrides) }))
    expect(await checks.check({ ...batch, layers }, 60_000)).toEqual([{ findings: [], more: 0 }])
  })

  test('is ended where a schema itself cannot be read in time', async () => {
    const patterns = Array.from({ length: 1_500 }, (_, i) => ({ pattern: `(([a-z]{1,100}){1,9}${i}){1}` }))
    await expect(checks.vet(JSON.stringify({ anyOf: patterns }))).rejects.toBeInstanceOf(CheckGivenUp)
  })

  test('vets schemas', async () => {
    expect(await checks.vet('{"type":"object"}')).toEqual([])
    expect(await checks.vet('{"type":"object","$ref":"https://example.com"}')).toMatchObject([
      { pointer: '/$ref' },
    ])
  })

  test('refuses as stopping, once closed, what is asked and what was being done', async () => {
    const other = createSchemaChecks()
    const waiting = other.check(batchOf(exponential, {}), 20_000).catch((error) => error.code)
    await new Promise((resolve) => setTimeout(resolve, 500))
    await other.close()
    expect(await waiting).toBe('stopping')
    await expect(other.vet('{}')).rejects.toMatchObject({ code: 'stopping' })
  })

  test.each(['node', 'bun'])('does not keep a process of %s', async (runtime) => {
    const program = `
      const { createSchemaChecks } = await import(${JSON.stringify(new URL('./create-schema-checks.ts', import.meta.url).href)})
      console.log(JSON.stringify(await createSchemaChecks().vet('{}')))`
    const bun = fileURLToPath(new URL('../../../../node_modules/.bin/bun', import.meta.url))
    const command = runtime === 'node' ? process.execPath : bun
    const child = spawn(command, [...(runtime === 'node' ? ['--input-type=module'] : []), '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', (part) => {
      said += part
    })
    expect(await once(child, 'close')).toEqual([0, null])
    expect(said).toBe('[]\n')
  })
})
