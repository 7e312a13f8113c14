import { Problem } from '../../../../contract/problems.ts'
import type { SchemaBreak, SchemaSet, SetSchemaInput } from '../../../../contract/schema.ts'
import { requireRole } from '../../platform/auth/authenticate.ts'
import { checkIfMatch } from '../../platform/http/if-match.ts'
import type { Answer } from '../../platform/idempotency/once.ts'
import { lockAppOrThrow, refuseArchived } from '../apps/find-app.ts'
import { lockChainAbove } from '../apps/lock-chain.ts'
import type { Scope } from '../change.ts'
import type { AppRow } from '../store/apps.ts'
import { listLiveUnder, updateSchema } from '../store/schemas.ts'
import { type Break, findBreaks } from './find-breaks.ts'
import { describeSchema } from './read-schema.ts'
import { tellBreaks, visibleOf } from './tell-breaks.ts'
import { vetOrThrow } from './vet-or-throw.ts'

const mostBreaks = 100

/**
 * Sets the schema of an app after checking all that is live under it; the row stays locked, and those above shared, so that no
 * release comes in between. Throws 403, 404, 409 (archived, schema_breaks_live), 412 or 422 (invalid_schema).
 */
export const setSchema = async (
  scope: Scope,
  appId: string,
  input: SetSchemaInput,
  ifMatch: string | undefined,
): Promise<Answer> => {
  if (input.force) requireRole(scope.actor, 'admin', 'force')
  const before = await lockAppOrThrow(scope, appId)
  checkIfMatch(ifMatch, before.revision, { required: scope.requiresIfMatch })
  refuseArchived(before)
  await lockChainAbove(scope, appId)
  const text = await vetOrThrow(scope.checks, input.schema)

  const releases = await listLiveUnder(scope.db, appId)
  const own = [{ appId, text }]
  const schemasOf = async (appIds: readonly string[]) => new Map(appIds.map((id) => [id, own]))
  const breaks = await findBreaks(scope, { releases, schemasOf, code: 'invalid_schema' })
  if (breaks.length > 0 && !input.dryRun && !input.force)
    throw await breaksLive(scope, breaks, releases.length)

  const after = input.dryRun ? before : await updateSchema(scope.db, appId, input.schema)
  const shown = await visibleOf(scope, breaks)
  const body: SchemaSet = {
    ...(await describeSchema(scope.db, { ...after, schema: input.schema })),
    dryRun: input.dryRun,
    checked: releases.length,
    broken: breaks.length,
    breaks: shown.slice(0, mostBreaks).map(toSchemaBreak),
  }
  if (!input.dryRun) await auditSet(scope, before, after, { breaks, reason: input.reason ?? null })
  return { status: 200, headers: { etag: `"${after.revision}"` }, body }
}

const breaksLive = async (scope: Scope, breaks: readonly Break[], checked: number): Promise<Problem> => {
  const { first, errors } = await tellBreaks(scope, breaks, 'schema_breaks_live')
  return new Problem('schema_breaks_live', {
    detail: `${breaks.length} of ${checked} live configs would break this schema, so it was not set: ${first} Send "dryRun": true for the list; an administrator may send "force": true.`,
    errors,
  })
}

const toSchemaBreak = ({ appId, channel, revision, configVersion, findings }: Break): SchemaBreak => ({
  appId,
  channel,
  revision,
  configVersion,
  errors: findings.map(({ pointer, detail }) => ({ pointer, detail })),
})

const auditSet = (
  scope: Scope,
  before: AppRow,
  after: AppRow,
  { breaks, reason }: { breaks: readonly Break[]; reason: string | null },
): Promise<void> =>
  scope.audit({
    action: 'schema.set',
    appId: after.app_id,
    target: after.app_id,
    before: before.schema === null ? null : { schema: before.schema },
    after: { schema: after.schema, ...(breaks.length > 0 && { forced: { broken: breaks.length } }) },
    reason,
  })
