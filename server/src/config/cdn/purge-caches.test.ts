import pino from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import { createAuthenticate } from '../../platform/auth/authenticate.ts'
import type { Changes, Notice } from '../../platform/changes/changes.ts'
import { memoryChanges } from '../../platform/changes/changes-memory.ts'
import { createService } from '../../platform/http/service.ts'
import { addManagement } from '../app.ts'
import { createRunChange } from '../change.ts'
import { type Fleet, openFleet } from '../rollouts/fleet.fixture.ts'
import { varnish } from './varnish.ts'

const postgres = bothDatabases[1]
let fleet: Fleet
beforeAll(async () => {
  fleet = await openFleet(await postgres.make())
  await fleet.make('shop')
})
afterAll(() => fleet?.close())

const ask = async (
  changes: Changes,
  body: object,
): Promise<{ status: number; json: Record<string, unknown> }> => {
  const service = createService({ onFault: () => {} })
  addManagement(service, {
    ...{ db: fleet.db, transact: fleet.transact, changes, log: pino({ level: 'silent' }) },
    change: createRunChange(fleet.transact, { requireIfMatch: false }),
    authenticate: createAuthenticate('a-token', async () => undefined),
    limits: { maxBytes: 1 << 20, maxDepth: 50 },
    rules: { pollSeconds: 60 },
    cdns: [varnish('http://10.0.0.1:6081'), varnish('http://10.0.0.2:6081')],
  })
  const answer = await service.fetch(
    new Request('http://parasol/manage/v1/purge', {
      method: 'POST',
      headers: { authorization: 'Bearer a-token', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> }
}
const queued = async () => {
  const rows = await fleet.db.deleteFrom('cdn_purges').returning(['cdn', 'tags', 'repeats']).execute()
  return rows.map(({ cdn, tags, repeats }) => [cdn, tags, repeats])
}
const cdns = ['varnish 10.0.0.1:6081', 'varnish 10.0.0.2:6081']

it('tells the gateways what to forget, and notes it once for each CDN', async () => {
  const notices: Notice[] = []
  const changes = memoryChanges({ onError: () => {} })
  changes.subscribe({ changed: () => {}, noticed: (notice) => void notices.push(notice), resumed: () => {} })
  expect(await ask(changes, { apps: ['shop'], tags: ['page', 'app-shop'] })).toEqual({
    status: 202,
    json: { everything: false, tags: ['app-shop', 'page'], cdns },
  })
  expect(await queued()).toEqual(cdns.map((cdn) => [cdn, ['app-shop', 'page'], false]))
  expect((await ask(changes, { everything: true })).json).toEqual({ everything: true, tags: [], cdns })
  expect(await queued()).toEqual(cdns.map((cdn) => [cdn, null, false]))
  await changes.close()
  expect(notices).toEqual([
    { topic: 'purge', names: ['app-shop', 'page'] },
    { topic: 'purge', names: ['*'] },
  ])
})

it('answers 503 when the gateways could not be told: whoever asked has to ask again', async () => {
  const away: Changes = {
    ...memoryChanges({ onError: () => {} }),
    notify: () => Promise.reject(new Error('away')),
  }
  const answer = await ask(away, { apps: ['shop'] })
  expect(answer).toMatchObject({ status: 503, json: { code: 'store_unavailable' } })
  expect(String(answer.json.detail)).toContain('the gateways could not be told')
  expect(await queued()).toHaveLength(2)
})
