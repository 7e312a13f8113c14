/**
 * Every error Parasol can answer, in one table. `code` is stable: clients may branch on it; titles and details may improve.
 * Answers are RFC 9457 `application/problem+json`.
 */
export const problems = {
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  invalid_request: { status: 400, title: 'The request is malformed' },
  invalid_parameter: { status: 400, title: 'A parameter is not valid' },
  unknown_parameter: { status: 400, title: 'The address has a parameter that is not known' },
  invalid_cursor: { status: 400, title: 'The cursor is not one this server handed out' },
  unauthorized: { status: 401, title: 'A valid token is needed' },
  forbidden: { status: 403, title: 'The token does not allow this' },
  address_refused: { status: 403, title: 'Requests from this address are not answered' },
  route_not_found: { status: 404, title: 'There is nothing at this address' },
  app_not_found: { status: 404, title: 'There is no such app' },
  version_not_found: { status: 404, title: 'The app has no such config version' },
  config_not_released: { status: 404, title: 'The app has no released config' },
  release_not_found: { status: 404, title: 'There is no such release' },
  schema_not_found: { status: 404, title: 'The app has no schema of its own' },
  rollout_not_found: { status: 404, title: 'There is no such rollout' },
  schedule_not_found: { status: 404, title: 'There is no such scheduled release' },
  proposal_not_found: { status: 404, title: 'There is no such proposal' },
  freeze_not_found: { status: 404, title: 'There is no such freeze' },
  flag_not_found: { status: 404, title: 'The app has no such flag' },
  key_not_found: { status: 404, title: 'There is no such key' },
  limit_not_found: { status: 404, title: 'There is no such limit' },
  alert_rule_not_found: { status: 404, title: 'There is no such alert rule' },
  alert_channel_not_found: { status: 404, title: 'There is no such channel for alerts' },
  alert_silence_not_found: { status: 404, title: 'There is no such silence' },
  fleet_release_not_found: { status: 404, title: 'There is no such fleet release' },
  method_not_allowed: { status: 405, title: 'This address does not support the method' },
  app_exists: { status: 409, title: 'An app with this appId exists' },
  version_exists: { status: 409, title: 'The app already has this config version' },
  app_archived: { status: 409, title: 'The app is archived' },
  template_not_released: { status: 409, title: 'The template that the app extends has no release' },
  invalid_extends: { status: 409, title: 'The app cannot extend this' },
  template_in_use: { status: 409, title: 'Other apps extend this template' },
  rollout_in_progress: { status: 409, title: 'A rollout is under way' },
  rollout_not_possible: { status: 409, title: 'The rollout is in a state that does not allow this' },
  nothing_to_release: { status: 409, title: 'There is nothing that this could release' },
  frozen: { status: 409, title: 'Releases are frozen' },
  approval_required: { status: 409, title: "Another person's approval is needed" },
  already_decided: { status: 409, title: 'This has been decided already' },
  schema_breaks_live: { status: 409, title: 'What is live would break the schema' },
  fleet_release_refused: { status: 409, title: 'Some apps cannot be released, so none was' },
  key_exists: { status: 409, title: 'A key of this name exists' },
  limit_exists: { status: 409, title: 'A limit of this name exists' },
  limit_overlaps: { status: 409, title: 'Another exception to the policy is for the same' },
  limit_in_use: { status: 409, title: 'There are exceptions to the policy' },
  too_many_limits: { status: 409, title: 'There are as many limits as there can be' },
  alert_rule_exists: { status: 409, title: 'An alert rule of this name exists' },
  alert_channel_exists: { status: 409, title: 'A channel of this name exists' },
  alert_channel_in_use: { status: 409, title: 'Alert rules name the channel' },
  too_many_to_watch: { status: 409, title: 'There are as many of these as there can be' },
  mail_not_configured: { status: 409, title: 'This server has no mail server to send by' },
  definition_too_large: { status: 409, title: 'The config is too large for a flagd definition' },
  config_gone: { status: 410, title: 'The app is archived' },
  revision_mismatch: { status: 412, title: 'The resource has changed since it was read' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  range_not_satisfiable: { status: 416, title: 'No byte of the requested range exists' },
  precondition_required: { status: 428, title: 'The change must name the revision it is based on' },
  body_too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The address is too long' },
  unsupported_media_type: {
    status: 415,
    title: 'The body is of a media type or coding that is not taken here',
  },
  unknown_field: { status: 422, title: 'The body has a field that is not known' },
  missing_field: { status: 422, title: 'The body lacks a field' },
  invalid_field: { status: 422, title: 'A field has a value that is not valid' },
  invalid_version: { status: 422, title: 'A version is not a semantic one, or not possible here' },
  invalid_date: { status: 422, title: 'A date is not a real one, or not possible here' },
  version_too_low: { status: 422, title: 'The change deserves a higher version' },
  schema_violation: { status: 422, title: "The config does not fit the app's schema" },
  invalid_schema: { status: 422, title: 'The schema is not one that can be used' },
  invalid_rule: { status: 422, title: 'A rule of an override or a flag cannot be used' },
  duplicate_key: { status: 422, title: 'An object has the same key twice' },
  forbidden_key: { status: 422, title: 'An object has a key that is not allowed' },
  too_deep: { status: 422, title: 'The document is nested too deeply' },
  number_out_of_range: { status: 422, title: 'A number cannot be held exactly' },
  unsupported_character: { status: 422, title: 'A text holds a character that cannot be stored' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used for another request' },
  too_many_evaluations: { status: 429, title: 'Flags are asked for too often' },
  event_quota_reached: { status: 429, title: 'The app has sent as many events as it may in a day' },
  rate_limited: { status: 429, title: 'A limit on requests is reached' },
  too_many_attempts: { status: 429, title: 'Too many wrong tokens were tried' },
  too_many_streams: { status: 429, title: 'Too many streams and waiting reads are open' },
  headers_too_large: { status: 431, title: 'The request headers are too large' },
  internal_error: { status: 500, title: 'Something went wrong here' },
  upstream_failed: { status: 502, title: 'What is behind the gateway gave no answer that can be passed on' },
  upstream_timeout: { status: 504, title: 'What is behind the gateway did not answer in time' },
  route_busy: { status: 503, title: 'Too many requests to this address are under way' },
  loop_detected: { status: 508, title: 'The request goes round in a circle' },
  upstream_unavailable: { status: 503, title: 'A service behind the gateway does not answer' },
  revision_not_here: { status: 503, title: 'This node does not have the revision yet' },
  not_in_cache: { status: 504, title: 'The cache holds no answer that may be used' },
  store_unavailable: { status: 503, title: 'The database does not answer' },
  overloaded: { status: 503, title: 'There is more to do than can be done now' },
  stopping: { status: 503, title: 'This process is stopping' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemCode = keyof typeof problems

/** One invalid place: a JSON pointer (RFC 6901) into the body, or the name of the parameter, and how to fix it. */
export interface ProblemError {
  code: ProblemCode
  detail: string
  pointer?: string
  parameter?: string
}

interface ProblemOptions {
  detail?: string
  errors?: readonly ProblemError[]
  /** Extra answer headers, such as Retry-After (seconds) or Allow. */
  headers?: Record<string, string>
  /** Further members of the answer (RFC 9457 §3.2), as another protocol wants them. */
  members?: Readonly<Record<string, unknown>> | undefined
  cause?: unknown
}

/** Thrown anywhere on the way of a request, answered as problem+json. The cause goes to the log, never to the caller. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly errors: readonly ProblemError[] | undefined
  readonly headers: Record<string, string>
  readonly members: Readonly<Record<string, unknown>> | undefined

  constructor(code: ProblemCode, options: ProblemOptions = {}) {
    super(options.detail ?? problems[code].title, { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.status = problems[code].status
    this.errors = options.errors
    this.headers = options.headers ?? {}
    this.members = options.members
  }
}

/** The problem for one or more invalid places; its code is that of the first. */
export const problemOf = (errors: readonly ProblemError[]): Problem => {
  const first = errors[0]
  if (!first) return new Problem('invalid_request')
  const where = first.pointer ?? first.parameter
  const detail = where ? `${where}: ${first.detail}` : first.detail
  return new Problem(first.code, { detail, errors })
}

/** The RFC 9457 document of a problem; `instance` is the request id, so that support can find the log line. */
export const problemBody = (problem: Problem, requestId: string): Record<string, unknown> => ({
  type: `urn:parasol:problem:${problem.code}`,
  title: problems[problem.code].title,
  status: problem.status,
  code: problem.code,
  detail: problem.message,
  ...(problem.errors && { errors: problem.errors }),
  ...problem.members,
  instance: `urn:parasol:request:${requestId}`,
  requestId,
})
