import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import {
  dateArray,
  int2Array,
  int8Array,
  jsonbArray,
  textArray,
  timestamptzArray,
  uuidArray,
} from './binary-arrays.ts'

const orNull = <T>(values: fc.Arbitrary<T>) => fc.array(fc.option(values, { nil: null }), { maxLength: 20 })
const storable = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))
/** What PostgreSQL prints in four digits. */
const moments = fc.date({
  min: new Date('0001-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
})

describe.each(bothDatabases)('arrays in binary form on $kind', ({ make }) => {
  let own: OwnDatabase
  beforeAll(async () => {
    own = await make()
  })
  afterAll(() => own?.drop())

  /** What the database takes an array for, each element as text. */
  const heard = async (array: Buffer, type: string): Promise<(string | null)[]> => {
    const { rows } = await sql<{ texts: (string | null)[] }>`
      select coalesce(jsonb_agg(element::text order by place), '[]') as texts
      from unnest(${array}::${sql.raw(type)}[]) with ordinality given(element, place)`.execute(
      own.database.kysely,
    )
    return rows[0]?.texts ?? []
  }
  const expectHeard = async <T>(
    array: (values: readonly (T | null)[]) => Buffer,
    type: string,
    values: (T | null)[],
    print: (value: T) => string,
  ) => {
    const told = values.map((value) => (value === null ? null : print(value)))
    expect(await heard(array(values), type)).toEqual(told)
  }

  it.each([
    ['smallint', int2Array, fc.integer({ min: -32_768, max: 32_767 }), String],
    ['bigint', int8Array, fc.maxSafeInteger(), String],
    ['text', textArray, storable, String],
    ['uuid', uuidArray, fc.uuid(), (uuid: string) => uuid.toLowerCase()],
  ] as const)('of %s are what they were', async (type, array, values, print) => {
    await fc.assert(
      fc.asyncProperty(orNull(values as fc.Arbitrary<never>), (given) =>
        expectHeard(array as never, type, given, print as never),
      ),
      { numRuns: 30 },
    )
  })

  it('of moments and days are what they were', async () => {
    await sql`set time zone 'UTC'`.execute(own.database.kysely)
    await fc.assert(
      fc.asyncProperty(orNull(moments), async (given) => {
        const ms = given.map((moment) => moment?.getTime() ?? null)
        const { rows } = await sql<{ told: { ms: number | null; day: string | null }[] }>`
          select coalesce(jsonb_agg(jsonb_build_object('ms', round(extract(epoch from moment) * 1000)::bigint, 'day', day)
            order by place), '[]') as told
          from rows from (unnest(${timestamptzArray(ms)}::timestamptz[]), unnest(${dateArray(ms)}::date[])) with ordinality
            given(moment, day, place)`.execute(own.database.kysely)
        const days = given.map((moment) => moment?.toISOString().slice(0, 10) ?? null)
        expect(rows[0]?.told).toEqual(ms.map((moment, index) => ({ ms: moment, day: days[index] })))
      }),
      { numRuns: 30 },
    )
  })

  it('of JSON are what they were', async () => {
    const value = { a: 'ü\u{1f600}"\\', b: [1.5, true, null], '': {} }
    const { rows } = await sql<{ given: unknown }>`
      select element as given from unnest(${jsonbArray([JSON.stringify(value), null, '7'])}::jsonb[]) element`.execute(
      own.database.kysely,
    )
    expect(rows).toEqual([{ given: value }, { given: null }, { given: 7 }])
  })
})
