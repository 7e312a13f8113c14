import { sql } from 'kysely'
import { Problem } from '../../../contract/problems.ts'
import type { Change } from '../platform/changes/changes.ts'
import type { Scope } from './change.ts'
import { insertOutbox } from './store/outbox.ts'

export type Outcome<Result> =
  | { result: Result; refusal?: undefined }
  | { result?: undefined; refusal: Problem }

/**
 * Runs a part of the work that may be refused: then all the part did is taken back, and the transaction goes on, to note the
 * refusal. Any other error ends the transaction as ever.
 */
export const unlessRefused = async <Result>(
  scope: Scope,
  part: (scope: Scope) => Promise<Result>,
): Promise<Outcome<Result>> => {
  const announced: Change[] = []
  const attempt: Scope = {
    ...scope,
    announce: async (changes) => {
      announced.push(...changes)
      await insertOutbox(scope.db, changes)
    },
    announced: (changes) => void announced.push(...changes),
  }
  await sql`savepoint attempt`.execute(scope.db)
  try {
    const result = await part(attempt)
    await sql`release savepoint attempt`.execute(scope.db)
    scope.announced(announced)
    return { result }
  } catch (error) {
    // A 503 is no refusal: later it may go well.
    if (!(error instanceof Problem) || error.status >= 500) throw error
    await sql`rollback to savepoint attempt`.execute(scope.db)
    return { refusal: error }
  }
}
