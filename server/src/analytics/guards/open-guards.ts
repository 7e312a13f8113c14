import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { logRarely } from '../../platform/log/log-rarely.ts'
import type { Log } from '../../platform/log/open-log.ts'
import { bucketsOf } from '../../platform/tally/bucket-set.ts'
import type { Tally } from '../../platform/tally/tally.ts'
import { createAskPrometheus } from './ask-prometheus.ts'
import { type CountedReads, collectEvidence, collectReads, type SeenEvent } from './collect-evidence.ts'
import type { JudgeRolloutOptions } from './judge-rollout.ts'
import { judgeWhenDue } from './judge-when-due.ts'
import type { SendSignal } from './send-signal.ts'
import { addEvidence } from './store-evidence.ts'
import { watchGuarded } from './watch-guarded.ts'

interface GuardsOptions {
  db: Kysely<Tables>
  log: Log
  prometheusUrl: string | undefined
  readAlert: JudgeRolloutOptions['readAlert']
  /** Undefined where no config service is known: then rollouts with guards are held, as there is nobody to tell. */
  send: SendSignal | undefined
}

/** What the guards of rollouts are told, and their looking at it. */
export interface Guards {
  /** In the transaction that stores these events: keeps what they mean to rollouts under way. */
  addEvents(transaction: Kysely<Tables>, accepted: readonly SeenEvent[]): Promise<void>
  /** In the transaction that counts these reads: the same, for guards that count by reads. */
  addReads(transaction: Kysely<Tables>, counted: readonly { appId: string; tally: Tally }[]): Promise<void>
  close(): Promise<void>
}

export const openGuards = ({ db, log, prometheusUrl, readAlert, send }: GuardsOptions): Guards => {
  const warn = logRarely<string>(60_000, (what, err, leftOut) => log.warn({ err, leftOut }, what))
  const guarded = watchGuarded({ db, onError: (err) => warn('guarded rollouts were not looked up', err) })
  const judging =
    send && judgeWhenDue({ db, log, askPrometheus: createAskPrometheus(prometheusUrl), readAlert, send })
  return {
    addEvents: (transaction, accepted) =>
      addEvidence(transaction, collectEvidence(guarded, accepted, Date.now())),
    addReads: (transaction, counted) => {
      const at = Date.now()
      const all = counted.flatMap(({ appId, tally }) =>
        guarded.of(appId).length === 0 ? [] : collectReads(guarded, { appId, counted: readsOf(tally), at }),
      )
      return addEvidence(transaction, all)
    },
    async close() {
      await guarded.close()
      await judging?.close()
    },
  }
}

/** By the revision that was answered; what is counted together as `other` is of none. */
const readsOf = ({ facets }: Tally): CountedReads[] =>
  [...(facets.get('revision') ?? [])]
    .map(([value, { count, devices }]) => ({
      revision: Number(value),
      count,
      buckets: devices.kind === 'buckets' ? bucketsOf(devices) : [],
    }))
    .filter(({ revision }) => Number.isSafeInteger(revision))
