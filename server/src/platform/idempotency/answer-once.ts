import type { Kysely } from 'kysely'
import type { Actor } from '../auth/authenticate.ts'
import type { Tables } from '../database/tables.ts'
import { type Answer, once } from './once.ts'

/** A request that changes something, as far as its transaction has to know it. */
export interface ChangeRequest {
  actor: Actor
  request: Request
  params: unknown
  body: unknown
  headers: { 'idempotency-key'?: string | undefined; 'if-match'?: string | undefined } | undefined
}

/** Runs the verb of a request, in its transaction: with an Idempotency-Key, which is kept there, at most once. */
export const answerOnce = (
  transaction: Kysely<Tables>,
  { actor, request: { method, url }, body, headers }: ChangeRequest,
  verb: () => Promise<Answer>,
): Promise<Answer> => {
  const key = headers?.['idempotency-key']
  if (key === undefined) return verb()
  return once(transaction, { actor: actor.name, key, request: [method, new URL(url).pathname, body] }, verb)
}
