import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import { type Fleet, fifths, openFleet } from '../../config/rollouts/fleet.fixture.ts'
import { readAlert } from './read-alert.ts'

describe.each(bothDatabases)('readAlert on $kind', ({ make }) => {
  let fleet: Fleet
  let rolloutId = 0
  beforeAll(async () => {
    fleet = await openFleet(await make())
    await sql`create table if not exists alert_rules (name text primary key, definition jsonb not null)`.execute(
      fleet.db,
    )
    await sql`create table if not exists alerts (alert_id bigint generated always as identity primary key,
      rule text not null, subject text not null, app_id text, severity text not null, state text not null,
      summary text not null, limit_value double precision not null, pending_at timestamptz not null,
      fired_at timestamptz, seen_at timestamptz not null, resolved_at timestamptz)`.execute(fleet.db)
    await fleet.ready('shop')
    await fleet.ready('news')
    rolloutId = Number((await fleet.release('shop', '2.0.0', fifths)).rolloutId)
  })
  afterAll(() => fleet?.close())

  const rule = async (name: string): Promise<void> => {
    await sql`insert into alert_rules (name, definition) values (${name}, '{"isEnabled": true}')`.execute(
      fleet.db,
    )
  }
  const alert = async (
    name: string,
    subject: string,
    appId: string | null,
    state: string,
    firedAt: string | null,
  ) => {
    await sql`insert into alerts (rule, subject, app_id, severity, state, summary, limit_value, pending_at, fired_at,
      seen_at, resolved_at) values (${name}, ${subject}, ${appId}, 'critical', ${state}, 'x', 1, clock_timestamp(),
      ${firedAt}::timestamptz, clock_timestamp(), ${state === 'resolved' ? firedAt : null}::timestamptz)`.execute(
      fleet.db,
    )
  }
  const read = (name: string) => readAlert(fleet.db, name, rolloutId)

  test('a rule that there is not is undefined; one without an alert is quiet', async () => {
    expect(await read('no-such-rule')).toBeUndefined()
    await rule('quiet-rule')
    await alert('quiet-rule', '', null, 'resolved', '2026-11-28T09:00:00Z')
    expect(await read('quiet-rule')).toEqual({ state: 'quiet', since: null })
  })

  test('an alert about the app, or about all, counts since it first fired; one about another app does not', async () => {
    await rule('app-rule')
    await alert('app-rule', 'news', 'news', 'firing', '2026-11-28T09:00:00Z')
    expect(await read('app-rule')).toEqual({ state: 'quiet', since: null })
    await alert('app-rule', '', null, 'pending', null)
    expect(await read('app-rule')).toEqual({ state: 'pending', since: null })
    await alert('app-rule', 'shop', 'shop', 'firing', '2026-11-28T10:00:00Z')
    expect(await read('app-rule')).toEqual({ state: 'firing', since: new Date('2026-11-28T10:00:00Z') })
  })
})
