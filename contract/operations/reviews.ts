import { createRoute, z } from '@hono/zod-openapi'
import { appId, idInPath, pageQuery } from '../fields.ts'
import {
  commentInput,
  decisionInput,
  freeze,
  freezeInput,
  freezePage,
  proposal,
  proposalInput,
  proposalPage,
  schedule,
  scheduleInput,
  schedulePage,
} from '../review.ts'
import { idempotencyKey, ifMatch } from './headers.ts'
import { bodyRefusals, forRole, json, managementRefusals, refusals } from './responses.ts'

const byApp = z.object({ appId })
const posted = z.object({ 'idempotency-key': idempotencyKey })
const body = <T extends z.ZodType>(schema: T) => ({
  required: true as const,
  content: { 'application/json': { schema } },
})
const listRefusals = refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals)

const schedules = { tags: ['Scheduled releases'] }

export const scheduleRelease = createRoute({
  ...schedules,
  ...forRole('publisher'),
  method: 'post',
  path: '/manage/v1/apps/{appId}/schedules',
  operationId: 'scheduleRelease',
  summary: 'Release at a time',
  description: 'Checked now and again then; what is refused then is listed as failed, with the reason.',
  request: { params: byApp, headers: posted, body: body(scheduleInput) },
  responses: {
    201: json(schedule, 'The scheduled release'),
    ...refusals(
      'app_not_found',
      'version_not_found',
      'release_not_found',
      'app_archived',
      'template_not_released',
      'nothing_to_release',
      'approval_required',
      'idempotency_key_reused',
      'invalid_date',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const listSchedules = createRoute({
  ...schedules,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/schedules',
  operationId: 'listSchedules',
  summary: 'Scheduled releases, newest first',
  request: {
    query: pageQuery.extend({
      appId: appId.optional(),
      state: z.enum(['pending', 'released', 'failed', 'cancelled']).optional(),
    }),
  },
  responses: { 200: json(schedulePage, 'A page of scheduled releases'), ...listRefusals },
})

export const cancelSchedule = createRoute({
  ...schedules,
  ...forRole('publisher'),
  method: 'delete',
  path: '/manage/v1/schedules/{scheduleId}',
  operationId: 'cancelSchedule',
  summary: 'Cancel a scheduled release',
  request: { params: z.object({ scheduleId: idInPath }) },
  responses: {
    200: json(schedule, 'The cancelled release'),
    ...refusals('schedule_not_found', 'already_decided', 'invalid_parameter', ...managementRefusals),
  },
})

const proposals = { tags: ['Proposals'] }

export const proposeRelease = createRoute({
  ...proposals,
  ...forRole('editor'),
  method: 'post',
  path: '/manage/v1/apps/{appId}/proposals',
  operationId: 'proposeRelease',
  summary: 'Propose a release, for another person to approve',
  request: { params: byApp, headers: posted, body: body(proposalInput) },
  responses: {
    201: json(proposal, 'The proposal'),
    ...refusals(
      'app_not_found',
      'version_not_found',
      'release_not_found',
      'app_archived',
      'template_not_released',
      'nothing_to_release',
      'idempotency_key_reused',
      'invalid_version',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const listProposals = createRoute({
  ...proposals,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/proposals',
  operationId: 'listProposals',
  summary: 'Proposals, newest first',
  request: {
    query: pageQuery.extend({
      appId: appId.optional(),
      state: z.enum(['open', 'released', 'rejected', 'withdrawn']).optional(),
    }),
  },
  responses: { 200: json(proposalPage, 'A page of proposals, without comments'), ...listRefusals },
})

const proposalParams = z.object({ proposalId: idInPath })

export const readProposal = createRoute({
  ...proposals,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/proposals/{proposalId}',
  operationId: 'readProposal',
  summary: 'A proposal with its comments',
  request: { params: proposalParams },
  responses: {
    200: json(proposal, 'The proposal'),
    ...refusals('proposal_not_found', 'invalid_parameter', ...managementRefusals),
  },
})

const decided = [
  'proposal_not_found',
  'already_decided',
  'invalid_parameter',
  ...bodyRefusals,
  ...managementRefusals,
] as const

export const approveProposal = createRoute({
  ...proposals,
  ...forRole('publisher'),
  method: 'post',
  path: '/manage/v1/proposals/{proposalId}/approve',
  operationId: 'approveProposal',
  summary: 'Approve a proposal: it is released now',
  description:
    'By another person than who proposed it. Refused as the release itself would be, and with 412 where something else went live since it was proposed: look again, then send the revision that is live now in If-Match. Also where the app would stand on a release of a template that nobody has seen with it: propose it again.',
  request: { params: proposalParams, headers: z.object({ 'if-match': ifMatch }), body: body(decisionInput) },
  responses: {
    200: json(proposal, 'The proposal, released'),
    ...refusals(
      'approval_required',
      'app_archived',
      'frozen',
      'rollout_in_progress',
      'rollout_not_possible',
      'template_not_released',
      'nothing_to_release',
      'revision_mismatch',
      'schema_violation',
      ...decided,
    ),
  },
})

export const rejectProposal = createRoute({
  ...proposals,
  ...forRole('editor'),
  method: 'post',
  path: '/manage/v1/proposals/{proposalId}/reject',
  operationId: 'rejectProposal',
  summary: 'Reject a proposal, or withdraw one’s own',
  description: 'Rejecting takes a publisher; whoever proposed it withdraws it.',
  request: { params: proposalParams, body: body(decisionInput) },
  responses: { 200: json(proposal, 'The proposal, rejected or withdrawn'), ...refusals(...decided) },
})

export const commentOnProposal = createRoute({
  ...proposals,
  ...forRole('editor'),
  method: 'post',
  path: '/manage/v1/proposals/{proposalId}/comments',
  operationId: 'commentOnProposal',
  summary: 'Comment on a proposal',
  request: { params: proposalParams, headers: posted, body: body(commentInput) },
  responses: {
    201: json(proposal, 'The proposal with all comments'),
    ...refusals('idempotency_key_reused', ...decided),
  },
})

const freezes = { tags: ['Freezes'] }

export const freezeReleases = createRoute({
  ...freezes,
  ...forRole('publisher'),
  method: 'post',
  path: '/manage/v1/freezes',
  operationId: 'freezeReleases',
  summary: 'Refuse releases of an app, or of the whole fleet, until a time',
  description:
    'A frozen template freezes what extends it, and a frozen app holds back releases of the templates above it. Rollouts hold; an administrator may override. The fleet takes a token for the whole fleet.',
  request: { headers: posted, body: body(freezeInput) },
  responses: {
    201: json(freeze, 'The freeze'),
    ...refusals(
      'app_not_found',
      'idempotency_key_reused',
      'invalid_date',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const listFreezes = createRoute({
  ...freezes,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/freezes',
  operationId: 'listFreezes',
  summary: 'Freezes, newest first',
  request: {
    query: pageQuery.extend({
      appId: appId.optional(),
      active: z
        .enum(['true', 'false'])
        .optional()
        .openapi({ description: 'Only those in force, or only others' }),
    }),
  },
  responses: { 200: json(freezePage, 'A page of freezes'), ...listRefusals },
})

export const liftFreeze = createRoute({
  ...freezes,
  ...forRole('publisher'),
  method: 'delete',
  path: '/manage/v1/freezes/{freezeId}',
  operationId: 'liftFreeze',
  summary: 'Lift a freeze before its time',
  description: 'Whoever made it may, and an administrator.',
  request: { params: z.object({ freezeId: idInPath }) },
  responses: {
    200: json(freeze, 'The lifted freeze'),
    ...refusals('freeze_not_found', 'already_decided', 'invalid_parameter', ...managementRefusals),
  },
})
