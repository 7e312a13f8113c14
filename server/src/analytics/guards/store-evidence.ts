import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import type { Collected } from './collect-evidence.ts'
import type { Evidence } from './evidence.ts'

/** So many pieces are learned at a time. */
export const piecesMost = 2_000

/**
 * Keeps evidence until its guard has learned it. Call it in the transaction that stores what the evidence is of, so that both count once or
 * not at all; rows are only added here, so that nobody waits for anybody.
 */
export const addEvidence = async (
  transaction: Kysely<Tables>,
  collected: readonly Collected[],
): Promise<void> => {
  if (collected.length === 0) return
  const rows = collected.map(({ rolloutId, name, evidence }) => ({ rollout_id: rolloutId, name, evidence }))
  await sql`
    insert into guard_evidence (rollout_id, name, evidence)
    select rollout_id, name, evidence
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given(rollout_id bigint, name text, evidence jsonb)`.execute(
    transaction,
  )
}

/** Takes the oldest evidence for a guard out, in its order; call it in the transaction that keeps what was learned of it. */
export const takeEvidence = async (
  transaction: Kysely<Tables>,
  rolloutId: number,
  name: string,
): Promise<Evidence[]> => {
  const { rows } = await sql<{ evidence_id: number; evidence: Evidence }>`
    delete from guard_evidence where evidence_id in (
      select evidence_id from guard_evidence where rollout_id = ${rolloutId} and name = ${name}
      order by evidence_id limit ${piecesMost}
    ) returning evidence_id, evidence`.execute(transaction)
  return rows.sort((one, other) => one.evidence_id - other.evidence_id).map(({ evidence }) => evidence)
}

/** What came after the end of its rollout. */
export const forgetEvidence = async (db: Kysely<Tables>): Promise<void> => {
  await sql`
    delete from guard_evidence e using rollouts r
    where r.rollout_id = e.rollout_id and r.ended_at is not null`.execute(db)
}
