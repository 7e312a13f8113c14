import { createRoute, z } from '@hono/zod-openapi'
import {
  alertChannel,
  alertChannelPage,
  changeChannelInput,
  channelTest,
  createChannelInput,
  createdChannel,
} from '../alert-channel.ts'
import { channelName } from '../alert-rule.ts'
import { pageQuery } from '../fields.ts'
import { idempotencyKey, ifMatchOrRefused } from './headers.ts'
import { bodyRefusals, forRole, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Alerts'] }
const params = z.object({ name: channelName })
const wholeFleet = 'Takes a token for the whole fleet.'

export const createAlertChannel = createRoute({
  ...shared,
  ...forRole('admin'),
  method: 'post',
  path: '/manage/v1/alerts/channels',
  operationId: 'createAlertChannel',
  summary: 'Say whom to tell of alerts: a webhook, Slack, or e-mail addresses',
  description: `Messages go to public addresses alone, but for networks that PARASOL_ALERT_NETWORKS names. E-mail needs PARASOL_SMTP_URL. ${wholeFleet}`,
  request: {
    headers: z.object({ 'idempotency-key': idempotencyKey }),
    body: { required: true, content: { 'application/json': { schema: createChannelInput } } },
  },
  responses: {
    201: json(createdChannel, 'The channel, with its secret, its address in Location and its state in ETag'),
    ...refusals(
      'alert_channel_exists',
      'too_many_to_watch',
      'mail_not_configured',
      'idempotency_key_reused',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const listAlertChannels = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/alerts/channels',
  operationId: 'listAlertChannels',
  summary: 'List channels, by name, with how it goes with each',
  description: wholeFleet,
  request: { query: pageQuery },
  responses: {
    200: json(alertChannelPage, 'A page of channels'),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const readAlertChannel = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/alerts/channels/{name}',
  operationId: 'readAlertChannel',
  summary: 'Read a channel',
  description: wholeFleet,
  request: { params },
  responses: {
    200: json(alertChannel, 'The channel, with its state in ETag'),
    ...refusals('alert_channel_not_found', 'invalid_parameter', ...managementRefusals),
  },
})

export const changeAlertChannel = createRoute({
  ...shared,
  ...forRole('admin'),
  method: 'patch',
  path: '/manage/v1/alerts/channels/{name}',
  operationId: 'changeAlertChannel',
  summary: 'Change a channel',
  description: `Only the fields given change. What waits to be sent goes to where the channel leads then. ${wholeFleet}`,
  request: {
    params,
    headers: z.object({ 'if-match': ifMatchOrRefused }),
    body: { required: true, content: { 'application/json': { schema: changeChannelInput } } },
  },
  responses: {
    200: json(alertChannel, 'The channel as it is now'),
    ...refusals(
      'alert_channel_not_found',
      'invalid_parameter',
      'revision_mismatch',
      'precondition_required',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const removeAlertChannel = createRoute({
  ...shared,
  ...forRole('admin'),
  method: 'delete',
  path: '/manage/v1/alerts/channels/{name}',
  operationId: 'removeAlertChannel',
  summary: 'Remove a channel, with what waits to be sent there',
  description: `Not while rules name it. ${wholeFleet}`,
  request: { params, headers: z.object({ 'if-match': ifMatchOrRefused }) },
  responses: {
    200: json(alertChannel, 'The channel as it was'),
    ...refusals(
      'alert_channel_not_found',
      'alert_channel_in_use',
      'invalid_parameter',
      'revision_mismatch',
      'precondition_required',
      ...managementRefusals,
    ),
  },
})

export const renewAlertChannelSecret = createRoute({
  ...shared,
  ...forRole('admin'),
  method: 'post',
  path: '/manage/v1/alerts/channels/{name}/secret',
  operationId: 'renewAlertChannelSecret',
  summary: 'Give a webhook a new secret',
  description: `For a day messages are signed with the old one too, so that the receiver can go over in peace. ${wholeFleet}`,
  request: { params, headers: z.object({ 'idempotency-key': idempotencyKey }) },
  responses: {
    201: json(createdChannel, 'The channel, with its new secret'),
    ...refusals(
      'alert_channel_not_found',
      'invalid_field',
      'invalid_parameter',
      'idempotency_key_reused',
      ...managementRefusals,
    ),
  },
})

export const testAlertChannel = createRoute({
  ...shared,
  ...forRole('admin'),
  method: 'post',
  path: '/manage/v1/alerts/channels/{name}/test',
  operationId: 'testAlertChannel',
  summary: 'Send a test message now, and hear what the receiver says',
  description: `Tried once, for ten seconds at most, also on a channel that is switched off. ${wholeFleet}`,
  request: { params },
  responses: {
    200: json(channelTest, 'What came of it, also where that is a failure'),
    ...refusals('alert_channel_not_found', 'invalid_parameter', ...managementRefusals),
  },
})
