import { createRoute, z } from '@hono/zod-openapi'
import { appId, revision } from '../fields.ts'
import { evaluatedFlag, evaluatedFlags, evaluationRequest, flagdDefinition } from '../openfeature.ts'
import type { ProblemCode } from '../problems.ts'
import { always, clientKey, conditions, fullHeaders, keyed, unchanged } from './reads.ts'
import { json, refusals } from './responses.ts'

const definitionDescription = `The whole app as a flagd definition: each key of \`data\` is a flag, and so is each of its \`flags\`. flagd,
or an OpenFeature provider in the process of an app, evaluates it to what \`/v2\` answers, for contexts whose attributes are written as
rules compare them. See "Use it from OpenFeature".

With \`revision\` it is never older than that.

${keyed}`

const evaluationDescription = `OpenFeature Remote Evaluation Protocol. Give a provider \`.../api/config/{appId}\` as its base URL.

Problems have the members \`errorCode\` and \`errorDetails\` (and \`key\`, for one flag) of that protocol too. No cache can answer a POST:
ask for all flags at once, and again when the stream tells of a change.`

const bulkDescription = `${evaluationDescription}

The ETag covers the release and what the context leads to; send it back in If-None-Match, and an unchanged answer is 304 without a
body. With \`flagConfigEtag\`, as a stream tells it, the answer is never older than that.`

const keyHeader = { 'x-api-key': clientKey }
const definitionRequest = {
  params: z.object({ appId }),
  query: z.object({
    revision: revision.optional().openapi({ example: 42, description: 'At least this revision' }),
  }),
  headers: z.object({ ...conditions, ...keyHeader }),
}

const body = { required: true, content: { 'application/json': { schema: evaluationRequest } } }
const bulkParts = {
  params: z.object({ appId }),
  query: z.object({
    flagConfigEtag: z
      .string()
      .optional()
      .openapi({ example: '43', description: 'The revision that a stream told of' }),
  }),
  body,
}
const noneMatch = { 'if-none-match': z.string().optional().openapi({ example: '"42.2.Zm9vYmFyYmF6cXV4"' }) }
const bulkRequest = { ...bulkParts, headers: z.object({ ...noneMatch, ...keyHeader }) }
const flagRequest = {
  params: z.object({
    appId,
    key: z.string().openapi({ param: { name: 'key', in: 'path' }, example: 'theme' }),
  }),
  headers: z.object(keyHeader),
  body,
}

const forKeys: ProblemCode[] = ['unauthorized', 'forbidden']
const definitionRefusals: ProblemCode[] = [
  ...always,
  ...forKeys,
  ...(['revision_not_here', 'definition_too_large'] as const),
]
const evaluationRefusals: ProblemCode[] = [
  ...always,
  ...forKeys,
  ...(['invalid_json', 'invalid_request', 'body_too_large', 'unsupported_media_type'] as const),
  'too_many_evaluations',
]
const bulkRefusals: ProblemCode[] = [...evaluationRefusals, 'revision_not_here']
const flagRefusals: ProblemCode[] = [...evaluationRefusals, 'flag_not_found']

const tags = ['OpenFeature']
const below = (api: string, path: string) => ({ tags, path: `/${api}/api/config/{appId}/${path}` }) as const
const flagsPath = 'ofrep/v1/evaluate/flags'
const flagPath = `${flagsPath}/{key}`

const answeredDefinition = {
  200: { ...json(flagdDefinition, 'The definition'), headers: fullHeaders },
  304: unchanged,
}
const headOnly = { 200: { description: 'As GET, without the body', headers: fullHeaders } }
const answeredFlags = {
  200: { ...json(evaluatedFlags, 'All flags'), headers: fullHeaders.pick({ etag: true, vary: true }) },
  304: { description: 'The client holds this answer already', headers: fullHeaders.pick({ etag: true }) },
}
const answeredFlag = { 200: json(evaluatedFlag, 'The flag') }

export const readFlagdDefinition = createRoute({
  ...below('v2', 'flagd.json'),
  method: 'get',
  operationId: 'readFlagdDefinition',
  summary: 'Read an app as a flagd definition',
  description: definitionDescription,
  request: definitionRequest,
  responses: { ...answeredDefinition, ...refusals(...definitionRefusals) },
})

export const headFlagdDefinition = createRoute({
  ...below('v2', 'flagd.json'),
  method: 'head',
  operationId: 'headFlagdDefinition',
  summary: 'Read the headers of the flagd definition of an app',
  request: definitionRequest,
  responses: { ...headOnly, ...refusals(...definitionRefusals) },
})

export const readBetaFlagdDefinition = createRoute({
  ...below('beta', 'flagd.json'),
  method: 'get',
  operationId: 'readBetaFlagdDefinition',
  summary: 'Read the beta channel of an app as a flagd definition',
  request: definitionRequest,
  responses: { ...answeredDefinition, ...refusals(...definitionRefusals) },
})

export const headBetaFlagdDefinition = createRoute({
  ...below('beta', 'flagd.json'),
  method: 'head',
  operationId: 'headBetaFlagdDefinition',
  summary: 'Read the headers of the flagd definition of the beta channel',
  request: definitionRequest,
  responses: { ...headOnly, ...refusals(...definitionRefusals) },
})

export const evaluateFlags = createRoute({
  ...below('v2', flagsPath),
  method: 'post',
  operationId: 'evaluateFlags',
  summary: 'Evaluate all flags (OFREP)',
  description: bulkDescription,
  request: bulkRequest,
  responses: { ...answeredFlags, ...refusals(...bulkRefusals) },
})

export const evaluateFlag = createRoute({
  ...below('v2', flagPath),
  method: 'post',
  operationId: 'evaluateFlag',
  summary: 'Evaluate a flag (OFREP)',
  description: evaluationDescription,
  request: flagRequest,
  responses: { ...answeredFlag, ...refusals(...flagRefusals) },
})

export const evaluateBetaFlags = createRoute({
  ...below('beta', flagsPath),
  method: 'post',
  operationId: 'evaluateBetaFlags',
  summary: 'Evaluate all flags on the beta channel (OFREP)',
  request: bulkRequest,
  responses: { ...answeredFlags, ...refusals(...bulkRefusals) },
})

export const evaluateBetaFlag = createRoute({
  ...below('beta', flagPath),
  method: 'post',
  operationId: 'evaluateBetaFlag',
  summary: 'Evaluate a flag on the beta channel (OFREP)',
  request: flagRequest,
  responses: { ...answeredFlag, ...refusals(...flagRefusals) },
})
