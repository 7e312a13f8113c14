import { type Kysely, type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely'
import type { PublishReleaseInput } from '../../../../contract/release.ts'
import type { Proposal } from '../../../../contract/review.ts'
import type { AppScope } from '../../platform/auth/authenticate.ts'
import { inScope } from '../../platform/database/in-scope.ts'
import type { ProposalsTable, Tables } from '../../platform/database/tables.ts'

/** A proposal, with what is live on its channel now. */
export type ProposalRow = Omit<Selectable<ProposalsTable>, 'release'> & {
  release: PublishReleaseInput
  live_now: number | null
}

const wholeRow = sql<ProposalRow>`proposals.*, (select c.revision from channels c
  where c.app_id = proposals.app_id and c.channel = proposals.channel) as live_now`

/** The proposal as lists show it. */
export const toListedProposal = (row: ProposalRow): Omit<Proposal, 'comments'> => ({
  proposalId: row.proposal_id,
  appId: row.app_id,
  release: row.release,
  channel: row.channel,
  configVersion: row.version,
  liveWhenProposed: row.live_revision,
  liveNow: row.live_now,
  state: row.state,
  revision: row.revision,
  actor: row.actor,
  createdAt: row.created_at.toISOString(),
  decidedBy: row.decided_by,
  decidedAt: row.decided_at?.toISOString() ?? null,
})

/** The proposal with its comments, the oldest first. */
export const toProposal = async (db: Kysely<Tables>, row: ProposalRow): Promise<Proposal> => {
  const comments = await db
    .selectFrom('proposal_comments')
    .select(['actor', 'text', 'created_at'])
    .where('proposal_id', '=', row.proposal_id)
    .orderBy('comment_id')
    .execute()
  return {
    ...toListedProposal(row),
    comments: comments.map(({ actor, text, created_at }) => ({
      actor,
      text,
      createdAt: created_at.toISOString(),
    })),
  }
}

const one = async (db: Kysely<Tables>, statement: RawBuilder<ProposalRow>): Promise<ProposalRow> => {
  const [row] = (await statement.execute(db)).rows
  if (!row) throw new Error('the proposal is not there')
  return row
}

interface NewProposal {
  appId: string
  release: PublishReleaseInput
  channel: string
  version: string
  baseRevision: number | null
  liveRevision: number | null
  actor: string
}

export const insertProposal = (db: Kysely<Tables>, proposal: NewProposal): Promise<ProposalRow> =>
  one(
    db,
    sql<ProposalRow>`insert into proposals (app_id, release, channel, version, base_revision, live_revision, actor)
      values (${proposal.appId}, ${JSON.stringify(proposal.release)}::jsonb, ${proposal.channel}, ${proposal.version},
        ${proposal.baseRevision}, ${proposal.liveRevision}, ${proposal.actor}) returning ${wholeRow}`,
  )

export const insertComment = async (
  db: Kysely<Tables>,
  comment: { proposalId: number; actor: string; text: string },
): Promise<void> => {
  await db
    .insertInto('proposal_comments')
    .values({ proposal_id: comment.proposalId, actor: comment.actor, text: comment.text })
    .execute()
}

export const findProposal = async (
  db: Kysely<Tables>,
  proposalId: number,
): Promise<ProposalRow | undefined> => {
  const { rows } = await sql<ProposalRow>`
    select ${wholeRow} from proposals where proposal_id = ${proposalId}`.execute(db)
  return rows[0]
}

/** The proposal, with everybody else who would decide on it kept waiting until the transaction ends. */
export const lockProposal = async (
  db: Kysely<Tables>,
  proposalId: number,
): Promise<ProposalRow | undefined> => {
  const { rows } = await sql<ProposalRow>`
    select ${wholeRow} from proposals where proposal_id = ${proposalId} for update`.execute(db)
  return rows[0]
}

type Decision = { state: 'released'; revision: number } | { state: 'rejected' | 'withdrawn'; revision: null }

export const decideProposal = (
  db: Kysely<Tables>,
  proposalId: number,
  { state, revision, decidedBy }: Decision & { decidedBy: string },
): Promise<ProposalRow> =>
  one(
    db,
    sql<ProposalRow>`update proposals set state = ${state}, revision = ${revision}, decided_by = ${decidedBy},
      decided_at = clock_timestamp() where proposal_id = ${proposalId} returning ${wholeRow}`,
  )

interface Page {
  before: number | null
  limit: number
  appId: string | undefined
  state: Proposal['state'] | undefined
}

/** Proposals for apps within the scope, newest first, from before the given id. */
export const listProposalRows = async (
  db: Kysely<Tables>,
  scope: AppScope,
  { before, limit, appId, state }: Page,
): Promise<ProposalRow[]> => {
  const conditions = [
    sql<SqlBool>`exists (select from apps a where a.app_id = proposals.app_id and ${inScope(scope, 'a')})`,
    ...(before === null ? [] : [sql<SqlBool>`proposal_id < ${before}`]),
    ...(appId === undefined ? [] : [sql<SqlBool>`app_id = ${appId}`]),
    ...(state === undefined ? [] : [sql<SqlBool>`state = ${state}`]),
  ]
  const { rows } = await sql<ProposalRow>`select ${wholeRow} from proposals
    where ${sql.join(conditions, sql` and `)} order by proposal_id desc limit ${limit}`.execute(db)
  return rows
}
