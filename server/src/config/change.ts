import type { Kysely } from 'kysely'
import { type AuditRow, appendAudit } from '../platform/audit/append-audit.ts'
import type { Actor } from '../platform/auth/authenticate.ts'
import type { Change } from '../platform/changes/changes.ts'
import type { Tables } from '../platform/database/tables.ts'
import { jsonResponse } from '../platform/http/answers.ts'
import { contextOf } from '../platform/http/request-context.ts'
import { type Answer, once } from '../platform/idempotency/once.ts'
import { insertOutbox } from './store/outbox.ts'

/** What a verb works in: one transaction, on behalf of one actor. */
export interface Scope {
  db: Kysely<Tables>
  actor: Actor
  audit(row: Omit<AuditRow, 'actor' | 'requestId'>): Promise<void>
  /** Caches and other nodes are told of this after the commit; noted in the same transaction. */
  announce(changes: readonly Change[]): Promise<void>
  /** As announce, for changes whose outbox rows were written already. */
  announced(changes: readonly Change[]): void
}

export interface ChangeRequest {
  actor: Actor
  request: Request
  params: unknown
  body: unknown
  headers: { 'idempotency-key'?: string | undefined; 'if-match'?: string | undefined } | undefined
}

export type RunChange = (input: ChangeRequest, verb: (scope: Scope) => Promise<Answer>) => Promise<Response>

/**
 * Runs a verb: one transaction for the change, its audit row, its outbox rows and its idempotency key, so that all of them
 * exist or none. After the commit `tell` spreads the news; the answer waits for that a bounded time.
 */
export const createRunChange =
  (db: Kysely<Tables>, tell: (changes: readonly Change[]) => Promise<void>): RunChange =>
  async (input, verb) => {
    const { requestId } = contextOf(input.request)
    const announced: Change[] = []
    const answer = await db.transaction().execute(async (transaction) => {
      const scope: Scope = {
        db: transaction,
        actor: input.actor,
        audit: (row) => appendAudit(transaction, { ...row, actor: input.actor.name, requestId }),
        announce: async (changes) => {
          announced.push(...changes)
          await insertOutbox(transaction, changes)
        },
        announced: (changes) => void announced.push(...changes),
      }
      const key = input.headers?.['idempotency-key']
      if (key === undefined) return verb(scope)
      const request = [input.request.method, new URL(input.request.url).pathname, input.body]
      return once(transaction, { actor: input.actor.name, key, request }, () => verb(scope))
    })
    if (announced.length > 0) await tell(announced)
    return jsonResponse(answer.body, { status: answer.status, headers: answer.headers })
  }
