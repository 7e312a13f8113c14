import type { Kysely } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { countStatements } from '../../../../tests/stores/count-statements.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import type { ChangeListener, Changes } from '../../platform/changes/changes.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { drawLimitsRevision } from '../store/limits.ts'
import { holdLimits } from './hold-limits.ts'

const postgres = bothDatabases[1]
let own: OwnDatabase
let db: Kysely<Tables>
let take: () => number
let now = 0
let listener: ChangeListener | undefined
const errors: unknown[] = []
/** A feed whose moments the test chooses. */
const changes: Changes = {
  announce: async () => {},
  notify: async () => {},
  subscribe: (subscribed) => {
    listener = subscribed
    return () => {
      listener = undefined
    }
  },
  close: async () => {},
}
const hold = (on = db) =>
  holdLimits({ db: on, changes, now: () => now, onError: (error) => void errors.push(error) })

beforeAll(async () => {
  own = await postgres.make()
  const counted = countStatements(own.database.kysely)
  db = counted.db
  take = counted.take
})
afterAll(() => own.drop())

it('asks the database every two seconds at most, however many ask', async () => {
  const limits = hold()
  const asked = await Promise.all(Array.from({ length: 20 }, () => limits.find({ anew: false })))
  // The first begins a read, and all others share the next.
  expect(take()).toBe(2)
  now += 1_999
  expect(await limits.find({ anew: false })).toBe(asked.at(-1))
  expect(take()).toBe(0)
  now += 1
  expect(await limits.find({ anew: false })).toEqual(asked[0])
  expect(take()).toBe(1)
})

it('reads them again after a notice, also one that comes while they are read, and where asked anew', async () => {
  const limits = hold()
  const before = await limits.find({ anew: false })
  await drawLimitsRevision(own.database.kysely)
  listener?.noticed?.({ topic: 'keys', names: ['a'] })
  expect(await limits.find({ anew: false })).toBe(before)
  listener?.noticed?.({ topic: 'limits', names: [] })
  const after = await limits.find({ anew: false })
  expect(after.etag).not.toBe(before.etag)

  const underWay = limits.find({ anew: true })
  listener?.noticed?.({ topic: 'limits', names: [] })
  await underWay
  take()
  await limits.find({ anew: false })
  await limits.find({ anew: true })
  listener?.resumed()
  await limits.find({ anew: false })
  expect(take()).toBe(3)
  limits.close()
  expect(listener).toBeUndefined()
})

it('tells the last it knew while the database is away, and 503 where it knows none', async () => {
  const other = await own.open()
  const limits = hold(other.kysely)
  const before = await limits.find({ anew: false })
  await other.close()
  now += 10_000
  expect(await limits.find({ anew: false })).toBe(before)
  expect(errors).toHaveLength(1)
  await expect(hold(other.kysely).find({ anew: true })).rejects.toThrow()
})
