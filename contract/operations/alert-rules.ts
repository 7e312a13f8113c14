import { createRoute, z } from '@hono/zod-openapi'
import { changeRuleInput, createRuleInput, rule, ruleName, rulePage } from '../alert-rule.ts'
import { pageQuery } from '../fields.ts'
import { idempotencyKey, ifMatchOrRefused } from './headers.ts'
import { bodyRefusals, forRole, json, managementRefusals, refusals } from './responses.ts'

const shared = { tags: ['Alerts'] }
const params = z.object({ name: ruleName })
const whose =
  'A token for some apps makes, changes and removes rules about one of these; all others take one for the whole fleet.'

export const createAlertRule = createRoute({
  ...shared,
  ...forRole('publisher'),
  method: 'post',
  path: '/manage/v1/alerts/rules',
  operationId: 'createAlertRule',
  summary: 'Watch something, and say when it is a reason for an alert',
  description: `A rule asks a question, of an app, a template, the fleet or each app by itself, and holds the answer to a condition, about every 15 seconds. ${whose}`,
  request: {
    headers: z.object({ 'idempotency-key': idempotencyKey }),
    body: { required: true, content: { 'application/json': { schema: createRuleInput } } },
  },
  responses: {
    201: json(rule, 'The rule, with its address in Location and its state in ETag'),
    ...refusals(
      'app_not_found',
      'alert_channel_not_found',
      'alert_rule_exists',
      'too_many_to_watch',
      'idempotency_key_reused',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const listAlertRules = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/alerts/rules',
  operationId: 'listAlertRules',
  summary: 'List alert rules, by name',
  request: { query: pageQuery },
  responses: {
    200: json(rulePage, 'A page of rules'),
    ...refusals('invalid_parameter', 'invalid_cursor', ...managementRefusals),
  },
})

export const readAlertRule = createRoute({
  ...shared,
  ...forRole('viewer'),
  method: 'get',
  path: '/manage/v1/alerts/rules/{name}',
  operationId: 'readAlertRule',
  summary: 'Read an alert rule',
  request: { params },
  responses: {
    200: json(rule, 'The rule, with its state in ETag'),
    ...refusals('alert_rule_not_found', 'invalid_parameter', ...managementRefusals),
  },
})

export const changeAlertRule = createRoute({
  ...shared,
  ...forRole('publisher'),
  method: 'patch',
  path: '/manage/v1/alerts/rules/{name}',
  operationId: 'changeAlertRule',
  summary: 'Change an alert rule',
  description: `Only the fields given change, each as a whole. Where it watches something else from then on, or nothing, its alerts end. ${whose}`,
  request: {
    params,
    headers: z.object({ 'if-match': ifMatchOrRefused }),
    body: { required: true, content: { 'application/json': { schema: changeRuleInput } } },
  },
  responses: {
    200: json(rule, 'The rule as it is now'),
    ...refusals(
      'alert_rule_not_found',
      'app_not_found',
      'alert_channel_not_found',
      'invalid_parameter',
      'revision_mismatch',
      'precondition_required',
      ...bodyRefusals,
      ...managementRefusals,
    ),
  },
})

export const removeAlertRule = createRoute({
  ...shared,
  ...forRole('publisher'),
  method: 'delete',
  path: '/manage/v1/alerts/rules/{name}',
  operationId: 'removeAlertRule',
  summary: 'Remove an alert rule',
  description: `Its alerts end; the history keeps them. To end one for a while, set \`isEnabled\` to false, or silence it. ${whose}`,
  request: { params, headers: z.object({ 'if-match': ifMatchOrRefused }) },
  responses: {
    200: json(rule, 'The rule as it was'),
    ...refusals(
      'alert_rule_not_found',
      'invalid_parameter',
      'revision_mismatch',
      'precondition_required',
      ...managementRefusals,
    ),
  },
})
