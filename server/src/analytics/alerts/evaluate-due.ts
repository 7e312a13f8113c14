import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { type Evaluating, evaluateRule, type Turned } from './evaluate-rule.ts'
import { blindMs } from './step-alert.ts'
import { claimDueRule, listDueRules, noteEvaluated } from './store/rules.ts'
import { tellChannels } from './tell-channels.ts'

export interface EvaluateOptions extends Evaluating {
  db: Kysely<Tables>
  publicUrl: string | undefined
  onTurned: (turned: Turned) => void
  onError: (rule: string, error: unknown) => void
  isClosed: () => boolean
}

const restLeastMs = 15_000
/** A rule may take a twentieth of the time, */
const restsTimes = 20
/** but whoever is seen more rarely than `blindMs` never fires: each look would begin anew. */
const restMostMs = blindMs / 2
const batch = 100

/** How long a rule is left alone that took so long to evaluate. */
export const restMs = (tookMs: number): number =>
  Math.min(restMostMs, Math.max(restLeastMs, tookMs * restsTimes))

/**
 * Evaluates the rules that are due, one after the other: whoever locks a rule first does it, in one transaction with what comes of it.
 * Throws where the database does not answer; a rule that cannot be measured says so of itself, and is tried again.
 */
export const evaluateDue = async (options: EvaluateOptions): Promise<void> => {
  for (const name of await listDueRules(options.db, batch)) {
    if (options.isClosed()) return
    await evaluateOne(options, name).catch(async (error) => {
      options.onError(name, error)
      const text = error instanceof Error ? error.message : String(error)
      const noted = { afterMs: restLeastMs * 4, error: text.slice(0, 500), toldAt: undefined }
      await noteEvaluated(options.db, name, noted)
    })
  }
}

const evaluateOne = async (options: EvaluateOptions, name: string): Promise<void> => {
  const turned = await options.db.transaction().execute(async (transaction) => {
    const claimed = await claimDueRule(transaction, name)
    if (!claimed) return []
    const { rule, now } = claimed
    const began = performance.now()
    const all = await evaluateRule(transaction, rule, now.getTime(), options)
    const told = await tellChannels(transaction, rule, now, options.publicUrl)
    const afterMs = restMs(performance.now() - began)
    await noteEvaluated(transaction, name, { afterMs, error: null, toldAt: told ? now : undefined })
    return all
  })
  for (const each of turned) options.onTurned(each)
}
