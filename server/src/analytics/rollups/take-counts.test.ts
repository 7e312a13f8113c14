import type { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countsPath, shipmentMost } from '../../../../contract/shipment.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { createService } from '../../platform/http/service.ts'
import { shipmentOf, tallyOf } from './rollups.fixture.ts'
import { addCounts } from './take-counts.ts'

// What differs between the databases is in save-shipment.test.ts.
const postgres = bothDatabases[1]

describe(`POST ${countsPath}`, () => {
  let own: OwnDatabase
  let service: Hono
  beforeAll(async () => {
    own = await postgres.make()
    service = createService({ onFault: () => {} })
    addCounts(service, own.database.kysely)
  })
  afterAll(() => own?.drop())

  const post = (body: unknown, type = 'application/json', to = service) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return to.request(countsPath, { method: 'POST', body: text, headers: { 'content-type': type } })
  }
  const refused = async (answer: Response | Promise<Response>) => {
    const response = await answer
    const { code, errors } = (await response.json()) as { code: string; errors?: { pointer: string }[] }
    return [response.status, code, errors?.[0]?.pointer]
  }
  const saved = async () =>
    (await own.database.kysely.selectFrom('shipments').select('shipment_id').execute()).length
  const good = () => shipmentOf([{ appId: 'shop', at: Date.now(), tally: tallyOf([{ bucket: 1 }]) }])

  it('answers 204 when it is stored, again too, and stores it once', async () => {
    const shipment = good()
    expect([(await post(shipment)).status, (await post(shipment)).status]).toEqual([204, 204])
    expect(await saved()).toBe(1)
  })

  it('answers 413 beyond 8 MiB', async () => {
    expect(await refused(post(' '.repeat(shipmentMost + 1)))).toEqual([413, 'body_too_large', undefined])
  })

  it('answers 415 for another media type', async () => {
    expect(await refused(post('{}', 'text/plain'))).toEqual([415, 'unsupported_media_type', undefined])
  })

  it('answers 400 for what is not JSON', async () => {
    expect(await refused(post('{'))).toEqual([400, 'invalid_json', undefined])
  })

  it('answers 422 with the place for what is no shipment, and for a tally that it could not fold', async () => {
    const before = await saved()
    expect(await refused(post({ ...good(), number: -1 }))).toEqual([422, 'invalid_field', '/number'])
    const [tally] = good().tallies
    const later = {
      ...good(),
      tallies: [tally, { ...tally, tally: Buffer.from([255, 1]).toString('base64') }],
    }
    expect(await refused(post(later))).toEqual([422, 'invalid_field', '/tallies/1/tally'])
    const halved = { ...good(), tallies: [{ ...tally, minute: '2026-11-23T10:00:30Z' }] }
    expect(await refused(post(halved))).toEqual([422, 'invalid_field', '/tallies/0/minute'])
    expect(await saved()).toBe(before)
  })

  it('answers 503 while the database is away', async () => {
    const away = await postgres.make()
    const there = createService({ onFault: () => {} })
    addCounts(there, away.database.kysely)
    await away.drop()
    expect(await refused(post(good(), undefined, there))).toEqual([503, 'store_unavailable', undefined])
  })
})
