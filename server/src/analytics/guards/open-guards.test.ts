import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { guardsOf } from '../../../../contract/guard.ts'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import { type Fleet, fifths, openFleet } from '../../config/rollouts/fleet.fixture.ts'
import { sizeOf } from '../../platform/buckets/in-percentage.ts'
import { foldShipments } from '../rollups/fold-shipments.ts'
import { keep, ship, tallyOf } from '../rollups/rollups.fixture.ts'
import { type Guards, openGuards } from './open-guards.ts'
import { takeEvidence } from './store-evidence.ts'
import { placesIn } from './trial.ts'

describe.each(bothDatabases)('openGuards on $kind', ({ make }) => {
  let fleet: Fleet
  let guards: Guards
  beforeAll(async () => {
    fleet = await openFleet(await make())
    guards = openGuards({
      ...{ db: fleet.db, log: pino({ level: 'silent' }), prometheusUrl: undefined, send: undefined },
      readAlert: async () => undefined,
    })
  })
  afterAll(async () => {
    await guards?.close()
    await fleet?.close()
  })

  test('tells guards of the reads that gateways counted, once, for apps that send no session_start', async () => {
    await fleet.ready('shop')
    const [errors] = guardsOf('default')
    if (errors?.kind !== 'events') throw new Error('the default is another')
    const guard = { ...errors, per: 'fetch' }
    const { rolloutId, revision, previousRevision } = await fleet.release('shop', '2.0.0', {
      ...{ ...fifths, guards: [guard] },
    })
    const id = Number(rolloutId)
    const places = placesIn(id)
    const [inside, outside] = [places.indexOf(0), places.indexOf(sizeOf(20))]
    const tally = tallyOf([
      { bucket: inside, revision: String(revision) },
      { bucket: outside, revision: String(previousRevision) },
      { bucket: outside, revision: 'other' },
    ])
    // Within two seconds it is known to be under way.
    await expect
      .poll(async () => {
        await ship(fleet.db, [{ appId: 'shop', at: Date.now(), tally }])
        const onError = (error: unknown) => expect.fail(String(error))
        const alongside = guards.addReads
        while (((await foldShipments({ db: fleet.db, keep, onError, alongside })) ?? 0) > 0);
        return takeEvidence(fleet.db, id, 'errors')
      })
      .toMatchObject([
        {
          percent: 20,
          exposures: { inside: 1, outside: 1 },
          adopted: 1,
          harmed: [],
          seen: expect.arrayContaining([inside, outside]),
        },
      ])
  })
})
