import type { Kysely } from 'kysely'
import type { AlertQuestion } from '../../../../contract/alert-question.ts'
import type { RuleScope } from '../../../../contract/alert-rule.ts'
import type { Tables } from '../../platform/database/tables.ts'
import type { Reading } from './judge-rule.ts'
import type { Window } from './windows-of.ts'

export interface Asked {
  on: AlertQuestion
  scope: RuleScope
  window: Window
  /** Below that a reading says nothing to the rule, so it need not be made. */
  minimumCount: number
}

/**
 * Answers a question about one window: by subject, which is the app where each is asked about by itself, and '' else. A subject that
 * is not there has nothing to say. Asks on the connection that it is given.
 */
export type Measure = (db: Kysely<Tables>, asked: Asked) => Promise<Map<string, Reading>>
