import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { pino } from 'pino'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { type Actor, wholeFleet } from '../../platform/auth/authenticate.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { createService } from '../../platform/http/service.ts'
import { addManagement } from '../app.ts'
import { keep } from '../rollups/rollups.fixture.ts'

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: each test looks at what it asked for.
  body: any
  headers: Headers
  text: string
}

/** The operators' routes over a database of their own; `as` is who asks. */
export const openQuestions = async (kind: 0 | 1 = 1) => {
  const own: OwnDatabase = await bothDatabases[kind].make()
  const db: Kysely<Tables> = own.database.kysely
  let actor: Actor = { name: 'ann', role: 'viewer', scope: wholeFleet }
  const service = createService({ onFault: () => {} })
  addManagement(service, {
    db,
    authenticate: async () => actor,
    limits: { maxBytes: 1 << 20, maxDepth: 20 },
    log: pino({ level: 'silent' }),
    keep,
    eventsDays: 14,
  })
  const get = async (path: string, headers: Record<string, string> = {}): Promise<Answer> => {
    const response = await service.request(path, { headers })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    return {
      status: response.status,
      body: isJson ? JSON.parse(text) : undefined,
      headers: response.headers,
      text,
    }
  }
  const query = (parameters: object) =>
    new URLSearchParams(
      Object.entries(parameters).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)]],
      ),
    )
  return {
    db,
    get,
    as: (next: Partial<Actor>) => {
      actor = { name: 'ann', role: 'viewer', scope: wholeFleet, ...next }
    },
    /** About an app. */
    ask: (appId: string, question: string, parameters: object = {}) =>
      get(`/v1/api/analytics/${appId}/${question}?${query(parameters)}`),
    /** About the fleet, or what is below a template. */
    askFleet: (question: string, parameters: object = {}) =>
      get(`/manage/v1/analytics/${question}?${query(parameters)}`),
    close: () => own.drop(),
  }
}

export type Questions = Awaited<ReturnType<typeof openQuestions>>

/** A release that was made at a time (ms since 1970), and is live since. */
export const release = async (
  db: Kysely<Tables>,
  appId: string,
  { at, version = '1.0.0', channel = 'stable' }: { at: number; version?: string; channel?: string },
): Promise<number> => {
  await db
    .insertInto('configs')
    .values({ app_id: appId, version, document: '{}', checksum: randomUUID(), created_by: 'ann' })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const { revision } = await db
    .insertInto('releases')
    .values({ app_id: appId, channel, version, kind: 'publish', actor: 'ann', released_at: new Date(at) })
    .returning('revision')
    .executeTakeFirstOrThrow()
  await db
    .insertInto('channels')
    .values({ app_id: appId, channel, revision })
    .onConflict((conflict) => conflict.columns(['app_id', 'channel']).doUpdateSet({ revision }))
    .execute()
  return revision
}
