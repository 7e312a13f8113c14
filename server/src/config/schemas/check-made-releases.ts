import { Problem } from '../../../../contract/problems.ts'
import type { Scope } from '../change.ts'
import type { Made } from '../store/releases.ts'
import { type Break, findBreaks } from './find-breaks.ts'
import { findSchemasOver } from './schemas-over.ts'
import { tellBreaks } from './tell-breaks.ts'

/** A release of an app: one that was made now, or is live. */
type Named = Pick<Made, 'appId' | 'channel' | 'revision'>
type Checking = Pick<Scope, 'db' | 'actor' | 'checks'>

/**
 * Those of these releases, live or candidates, that break a schema of their app or of a template above; of a template
 * itself, keys may be missing. Costs one cheap question where there are no schemas.
 */
export const findMadeBreaks = async (scope: Checking, made: readonly Named[]): Promise<Break[]> => {
  const over = await findSchemasOver(scope.db, [...new Set(made.map(({ appId }) => appId))])
  const releases = made
    .filter(({ appId }) => over.appIds.has(appId))
    .map((release) => ({ ...release, kind: over.kindOf(release.appId) }))
  return findBreaks(scope, { releases, schemasOf: over.load, code: 'schema_violation' })
}

/** Throws 422 (schema_violation) where one of these releases breaks a schema. */
export const checkMadeReleases = async (scope: Checking, made: readonly Named[]): Promise<void> => {
  const breaks = await findMadeBreaks(scope, made)
  if (breaks.length === 0) return
  const { first, errors } = await tellBreaks(scope, breaks, 'schema_violation')
  const of = made.length === 1 ? '' : `${breaks.length} of ${made.length} configs would break a schema: `
  throw new Problem('schema_violation', { detail: `Nothing was released. ${of}${first}`, errors })
}
