import type { Kysely } from 'kysely'
import { changedHeader, writeChanged } from '../../../contract/gateway-feed.ts'
import { type AuditRow, appendAudit } from '../platform/audit/append-audit.ts'
import type { Actor } from '../platform/auth/authenticate.ts'
import type { Change, Notice } from '../platform/changes/changes.ts'
import { againAfterDeadlock } from '../platform/database/again-after-deadlock.ts'
import type { Tables } from '../platform/database/tables.ts'
import { jsonResponse } from '../platform/http/answers.ts'
import { contextOf } from '../platform/http/request-context.ts'
import { answerOnce, type ChangeRequest } from '../platform/idempotency/answer-once.ts'
import type { Answer } from '../platform/idempotency/once.ts'
import type { SchemaChecks } from './schemas/checks.ts'
import { insertOutbox } from './store/outbox.ts'

/** What a verb works in: one transaction, on behalf of one actor. */
export interface Scope {
  db: Kysely<Tables>
  actor: Actor
  /** Stands in the audit log with what is done here. */
  requestId: string
  /** Changes must name the revision they are based on: those of people, not those that go on with what a person began. */
  requiresIfMatch: boolean
  /** Holds configs to the schemas of their apps. */
  checks: SchemaChecks
  audit(row: Omit<AuditRow, 'actor' | 'requestId'>): Promise<void>
  /** Caches and other nodes are told of this after the commit; noted in the same transaction. */
  announce(changes: readonly Change[]): Promise<void>
  /** As announce, for changes whose outbox rows were written already. */
  announced(changes: readonly Change[]): void
  /** After the commit gateways are told that they hold something old: a hint, which may be lost. */
  notify(notice: Notice): void
}

/** Thrown by a dry run, once everything was done: takes all of it back, and is answered all the same. */
export class DryRun extends Error {
  override name = 'DryRun'
  readonly answer: Answer

  constructor(answer: Answer) {
    super('a dry run')
    this.answer = answer
  }
}

export type Transact = <Result>(
  by: {
    actor: Actor
    requestId: string
    requiresIfMatch?: boolean
    /** Hears of what was announced, after the commit. */
    hear?: (changes: readonly Change[]) => void
  },
  work: (scope: Scope) => Promise<Result>,
) => Promise<Result>

interface News {
  announced: Change[]
  notices: Notice[]
}

/**
 * Runs work in one transaction: the change, its audit row, its outbox rows and what `note` writes exist all or not at all.
 * After the commit `tell` spreads the news; the result waits for that a bounded time, and for `notify` not at all. The work
 * may be run again after a deadlock.
 */
export const createTransact =
  (
    db: Kysely<Tables>,
    checks: SchemaChecks,
    tell: (changes: readonly Change[]) => Promise<void>,
    notify: (notice: Notice) => void = () => {},
    note: (transaction: Kysely<Tables>, changes: readonly Change[]) => Promise<void> = async () => {},
  ): Transact =>
  async (by, work) => {
    let news: News = { announced: [], notices: [] }
    const attempt = () => {
      news = { announced: [], notices: [] }
      return db.transaction().execute(async (transaction) => {
        const made = await work(scopeOf(transaction, { ...by, checks }, news))
        await note(transaction, news.announced)
        return made
      })
    }
    const result = await againAfterDeadlock(attempt)
    by.hear?.(news.announced)
    for (const notice of news.notices) notify(notice)
    if (news.announced.length > 0) await tell(news.announced)
    return result
  }

const scopeOf = (
  transaction: Kysely<Tables>,
  {
    requiresIfMatch = false,
    ...by
  }: Pick<Scope, 'actor' | 'requestId' | 'checks'> & { requiresIfMatch?: boolean },
  { announced, notices }: News,
): Scope => ({
  db: transaction,
  ...by,
  requiresIfMatch,
  audit: (row) => appendAudit(transaction, { ...row, actor: by.actor.name, requestId: by.requestId }),
  announce: async (changes) => {
    announced.push(...changes)
    await insertOutbox(transaction, changes)
  },
  announced: (changes) => void announced.push(...changes),
  notify: (notice) => void notices.push(notice),
})

export type RunChange = (input: ChangeRequest, verb: (scope: Scope) => Promise<Answer>) => Promise<Response>

interface ChangeRules {
  requireIfMatch: boolean
  /** A gateway of its own is told in the answer what it has to forget before it passes that on. */
  tellsEdge?: boolean | undefined
}

/** Runs the verb of a request: as any work, and with an Idempotency-Key, kept in the same transaction, at most once. */
export const createRunChange =
  (transact: Transact, { requireIfMatch, tellsEdge }: ChangeRules): RunChange =>
  async (input, verb) => {
    const { requestId } = contextOf(input.request)
    let changed: Record<string, string> | undefined
    const hear = (changes: readonly Change[]): void => {
      if (tellsEdge && changes.length > 0) changed = { [changedHeader]: writeChanged(changes) }
    }
    const by = { actor: input.actor, requestId, requiresIfMatch: requireIfMatch, hear }
    const answer = await transact(by, (scope) => answerOnce(scope.db, input, () => verb(scope))).catch(
      (error) => {
        if (error instanceof DryRun) return error.answer
        throw error
      },
    )
    return jsonResponse(answer.body, { status: answer.status, headers: { ...answer.headers, ...changed } })
  }
