import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAppInput } from '../../../../contract/app.ts'
import { Problem } from '../../../../contract/problems.ts'
import { freezeInput } from '../../../../contract/review.ts'
import { bothDatabases, type OwnDatabase } from '../../../../tests/stores/databases.ts'
import { wholeFleet } from '../../platform/auth/authenticate.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { changeApp } from '../apps/change-app.ts'
import { createApp } from '../apps/create-app.ts'
import { createTransact, type Scope } from '../change.ts'
import { publishRelease } from '../releases/publish-release.ts'
import { createSchemaChecks } from '../schemas/create-schema-checks.ts'
import { approveProposal } from './approve-proposal.ts'
import { freezeReleases } from './freeze-releases.ts'
import { liftFreeze } from './lift-freeze.ts'
import { proposeRelease } from './propose-release.ts'
import { rejectProposal } from './reject-proposal.ts'

type Done = { status: number; body: Record<string, unknown> } | { code: string }

/** Two nodes with four connections each, on a real PostgreSQL. */
describe('at the same time', () => {
  let own: OwnDatabase
  let second: Database
  let db: Kysely<Tables>
  let turn = 0
  let transacts: ReturnType<typeof createTransact>[]
  beforeAll(async () => {
    own = await bothDatabases[1].make()
    db = own.database.kysely
    second = await own.open()
    const checks = createSchemaChecks()
    transacts = [db, second.kysely].map((node) => createTransact(node, checks, async () => {}))
  })
  afterAll(async () => {
    await second.close()
    await own.drop()
  })

  /** Does it as somebody, now on one node and now on the other; answers what was answered, or the code of the refusal. */
  const as = async (
    name: string,
    verb: (scope: Scope) => Promise<{ status: number; body: unknown }>,
  ): Promise<Done> => {
    const transact = transacts[turn++ % 2]
    if (!transact) throw new Error('there is no node')
    const actor = { name, role: 'admin', scope: wholeFleet } as const
    const done = transact({ actor, requestId: 'race' }, verb) as Promise<Done>
    return done.catch((error) => {
      if (error instanceof Problem) return { code: error.code }
      throw error
    })
  }
  const idOf = (done: Done, name: string): number => Number('body' in done ? done.body[name] : Number.NaN)
  const codesOf = (all: readonly Done[]) =>
    all.map((done) => ('code' in done ? done.code : done.status)).sort()

  const create = async (appId: string, more: object = {}): Promise<void> => {
    const input = createAppInput.parse({ appId, name: appId, ...more })
    expect(await as('ann', (scope) => createApp(scope, input))).toMatchObject({ status: 201 })
    const document = JSON.stringify({ configVersion: '1.0.0', data: {} })
    await sql`insert into configs (app_id, version, document, checksum, created_by)
      values (${appId}, '1.0.0', ${document}, 'c', 'ann')`.execute(db)
  }
  const release = (appId: string, name = 'ann'): Promise<Done> =>
    as(name, (scope) => publishRelease(scope, appId, { configVersion: '1.0.0' }, undefined))
  const newestRevision = async (): Promise<number> =>
    (await sql<{ newest: number }>`select max(revision) as newest from releases`.execute(db)).rows[0]
      ?.newest ?? 0

  /** Releases all of these again and again, until `done`; the others' word must be the only other answer. */
  const releaseOn = async (
    appIds: readonly string[],
    done: () => boolean,
    refusal: string,
  ): Promise<void> => {
    const loop = async (appId: string): Promise<void> => {
      for (let n = 0; n < 500 && !done(); n++) {
        const answer = await release(appId)
        if ('code' in answer) expect(answer.code).toBe(refusal)
      }
    }
    await Promise.all([...appIds, ...appIds].map(loop))
  }
  /** Nothing may go live after `hold` was answered, however many releases are on their way. */
  const expectHeld = async (appIds: readonly string[], hold: () => Promise<Done>, refusal: string) => {
    let isOver = false
    const releasing = releaseOn(appIds, () => isOver, refusal)
    await release(appIds[0] ?? '')
    const held = await hold()
    expect(held).toHaveProperty('status')
    const atHold = await newestRevision()
    for (const appId of appIds) expect(await release(appId)).toEqual({ code: refusal })
    isOver = true
    await releasing
    expect(await newestRevision()).toBe(atHold)
    return held
  }

  it('nothing goes live once a freeze was answered: of the app, a template above, or the fleet', async () => {
    await create('base', { kind: 'template' })
    await create('shop', { extends: 'base' })
    await create('news', { extends: 'base' })
    for (const appId of ['base', 'shop', 'news']) expect(await release(appId)).toMatchObject({ status: 201 })
    const rounds: [string | null, string[]][] = [
      ['shop', ['shop', 'base']],
      ['base', ['base', 'shop', 'news']],
      [null, ['base', 'shop', 'news']],
    ]
    for (const [appId, held] of [...rounds, ...rounds, ...rounds]) {
      const input = freezeInput.parse({ appId, until: '2100-01-01T00:00:00Z', reason: 'rest' })
      const frozen = await expectHeld(
        held,
        () => as('bob', (scope) => freezeReleases(scope, input)),
        'frozen',
      )
      const freezeId = idOf(frozen, 'freezeId')
      expect(
        codesOf(await Promise.all([1, 2, 3].map(() => as('bob', (scope) => liftFreeze(scope, freezeId))))),
      ).toEqual([200, 'already_decided', 'already_decided'])
    }
  })

  it('nothing goes live unapproved once an app was said to need it, through its template neither', async () => {
    await create('brand', { kind: 'template' })
    await create('bank', { extends: 'brand' })
    for (const appId of ['brand', 'bank']) expect(await release(appId)).toMatchObject({ status: 201 })
    for (let round = 0; round < 3; round++) {
      const ask = (requiresApproval: boolean) =>
        as('bob', (scope) => changeApp(scope, 'bank', { requiresApproval }, undefined))
      await expectHeld(['bank', 'brand'], () => ask(true), 'approval_required')
      expect(await ask(false)).toMatchObject({ status: 200 })
    }
  })

  it('one proposal is decided once, whoever approves and rejects it', async () => {
    await create('game', { requiresApproval: true })
    const revisions = new Set<number>()
    for (let round = 0; round < 8; round++) {
      const release = { configVersion: '1.0.0' }
      const proposed = await as('ann', (scope) => proposeRelease(scope, 'game', { release }))
      const id = idOf(proposed, 'proposalId')
      const decisions = await Promise.all([
        ...['bob', 'cid', 'dan'].map((name) =>
          as(name, (scope) => approveProposal(scope, id, {}, undefined)),
        ),
        ...['eve', 'ann'].map((name) => as(name, (scope) => rejectProposal(scope, id, {}))),
      ])
      const once = [200, ...Array.from({ length: 4 }, () => 'already_decided')]
      expect(codesOf(decisions)).toEqual(once)
      const decided = decisions.find((done) => 'body' in done)
      if (decided && 'body' in decided && decided.body.state === 'released')
        revisions.add(idOf(decided, 'revision'))
    }
    const { rows } = await sql<{ revision: number }>`
      select revision from releases where app_id = 'game' order by revision`.execute(db)
    expect(rows.map(({ revision }) => revision)).toEqual([...revisions])
  })

  it('an approval replaces what its proposer saw, or is told that it would not', async () => {
    await create('chat')
    expect(await release('chat')).toMatchObject({ status: 201 })
    for (let round = 0; round < 8; round++) {
      const input = { release: { configVersion: '1.0.0' } }
      const proposed = await as('ann', (scope) => proposeRelease(scope, 'chat', input))
      const id = idOf(proposed, 'proposalId')
      const [approved] = await Promise.all([
        as('bob', (scope) => approveProposal(scope, id, {}, undefined)),
        release('chat', 'cid'),
      ])
      if (!approved || 'code' in approved) {
        expect(approved).toEqual({ code: 'revision_mismatch' })
        continue
      }
      const { rows } = await sql<{ previous: number }>`select previous_revision as previous from releases
        where revision = ${idOf(approved, 'revision')}`.execute(db)
      expect(rows[0]?.previous).toBe(idOf(proposed, 'liveWhenProposed'))
    }
  })
})
