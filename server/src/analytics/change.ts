import type { Kysely } from 'kysely'
import { type AuditRow, appendAudit } from '../platform/audit/append-audit.ts'
import type { Actor } from '../platform/auth/authenticate.ts'
import { againAfterDeadlock } from '../platform/database/again-after-deadlock.ts'
import type { Tables } from '../platform/database/tables.ts'
import { jsonResponse } from '../platform/http/answers.ts'
import { contextOf } from '../platform/http/request-context.ts'
import { answerOnce, type ChangeRequest } from '../platform/idempotency/answer-once.ts'
import type { Answer } from '../platform/idempotency/once.ts'

/** What a verb that changes something works in: one transaction, on behalf of one actor. */
export interface Scope {
  db: Kysely<Tables>
  actor: Actor
  /** Changes must name the revision they are based on. */
  requiresIfMatch: boolean
  audit(row: Omit<AuditRow, 'actor' | 'requestId'>): Promise<void>
}

/** What a verb that only reads works with. */
export interface Reader {
  db: Kysely<Tables>
  actor: Actor
}

export type RunChange = (input: ChangeRequest, verb: (scope: Scope) => Promise<Answer>) => Promise<Response>

/** Runs the verb of a request in one transaction with its row of the audit log, and with an Idempotency-Key at most once. */
export const createRunChange =
  (db: Kysely<Tables>, { requireIfMatch }: { requireIfMatch: boolean }): RunChange =>
  async (input, verb) => {
    const { actor, request } = input
    const { requestId } = contextOf(request)
    const answer = await againAfterDeadlock(() =>
      db.transaction().execute((transaction) => {
        const scope: Scope = {
          ...{ db: transaction, actor, requiresIfMatch: requireIfMatch },
          audit: (row) => appendAudit(transaction, { ...row, actor: actor.name, requestId }),
        }
        return answerOnce(transaction, input, () => verb(scope))
      }),
    )
    return jsonResponse(answer.body, { status: answer.status, headers: answer.headers })
  }
