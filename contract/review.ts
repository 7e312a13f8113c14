import { z } from '@hono/zod-openapi'
import { appId, channel, date, pageOf, revision, timestamp, version } from './fields.ts'
import { publishReleaseInput } from './release.ts'

/** A moment with its offset; a bare date would leave the hour to guessing. */
const moment = date
  .refine((text) => text.includes('T'), 'give the time of day and its offset, as 2027-06-30T12:00:00Z')
  .openapi({ example: '2027-06-30T12:00:00Z' })

export const scheduleInput = z
  .strictObject({ at: moment, release: publishReleaseInput })
  .openapi('ScheduleRelease')

export const schedule = z
  .object({
    scheduleId: z.number().int(),
    appId,
    at: timestamp,
    release: publishReleaseInput,
    state: z.enum(['pending', 'released', 'failed', 'cancelled']),
    revision: revision.nullable(),
    failure: z.object({ code: z.string(), detail: z.string() }).nullable(),
    actor: z.string(),
    createdAt: timestamp,
    endedAt: timestamp.nullable(),
    endedBy: z.string().nullable(),
  })
  .openapi('Schedule')
export const schedulePage = pageOf(schedule).openapi('SchedulePage')

const comment = z.string().min(1).max(2000).openapi({ example: 'Checked with the payments team' })

export const proposalInput = z
  .strictObject({ release: publishReleaseInput, comment: comment.optional() })
  .refine(({ release }) => !release.override, {
    message: 'a proposal is approved and overrides nothing: leave it out',
    path: ['release', 'override'],
  })
  .openapi('ProposeRelease')

export const decisionInput = z.strictObject({ comment: comment.optional() }).openapi('Decision')
export const commentInput = z.strictObject({ comment }).openapi('CommentOnProposal')

export const proposal = z
  .object({
    proposalId: z.number().int(),
    appId,
    release: publishReleaseInput,
    channel,
    configVersion: version.openapi({ description: 'What goes live; fixed when it was proposed' }),
    liveWhenProposed: revision.nullable().openapi({ description: 'What was live on the channel then' }),
    liveNow: revision.nullable().openapi({ description: 'What is live on the channel now' }),
    state: z.enum(['open', 'released', 'rejected', 'withdrawn']),
    revision: revision.nullable().openapi({ description: 'The release that came of it' }),
    actor: z.string(),
    createdAt: timestamp,
    decidedBy: z.string().nullable(),
    decidedAt: timestamp.nullable(),
    comments: z.array(z.object({ actor: z.string(), text: z.string(), createdAt: timestamp })),
  })
  .openapi('Proposal')
export const proposalPage = pageOf(proposal.omit({ comments: true })).openapi('ProposalPage')

export const freezeInput = z
  .strictObject({
    appId: appId.nullable().default(null).openapi({ description: 'null: the whole fleet' }),
    until: moment,
    reason: z.string().min(1).max(2000).openapi({ example: 'Black Friday' }),
  })
  .openapi('FreezeReleases')

export const freeze = z
  .object({
    freezeId: z.number().int(),
    appId: appId.nullable(),
    until: timestamp,
    reason: z.string(),
    state: z.enum(['active', 'over', 'lifted']),
    actor: z.string(),
    createdAt: timestamp,
    endedAt: timestamp.nullable(),
    endedBy: z.string().nullable(),
  })
  .openapi('Freeze')
export const freezePage = pageOf(freeze).openapi('FreezePage')

export type ScheduleInput = z.infer<typeof scheduleInput>
export type Schedule = z.infer<typeof schedule>
export type ProposalInput = z.infer<typeof proposalInput>
export type DecisionInput = z.infer<typeof decisionInput>
export type Proposal = z.infer<typeof proposal>
export type FreezeInput = z.infer<typeof freezeInput>
export type Freeze = z.infer<typeof freeze>
