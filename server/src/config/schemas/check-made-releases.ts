import { Problem } from '../../../../contract/problems.ts'
import type { Scope } from '../change.ts'
import type { Made } from '../store/releases.ts'
import { findBreaks } from './find-breaks.ts'
import { findSchemasOver } from './schemas-over.ts'
import { tellBreaks } from './tell-breaks.ts'

/**
 * Throws 422 (schema_violation) where a release just made, live or a candidate, breaks a schema of its app or of a template
 * above; of a template itself, keys may be missing. Costs one cheap question where there are no schemas.
 */
export const checkMadeReleases = async (
  scope: Pick<Scope, 'db' | 'actor' | 'checks'>,
  made: readonly Made[],
): Promise<void> => {
  const over = await findSchemasOver(scope.db, [...new Set(made.map(({ appId }) => appId))])
  const releases = made
    .filter(({ appId }) => over.appIds.has(appId))
    .map((release) => ({ ...release, kind: over.kindOf(release.appId) }))
  const breaks = await findBreaks(scope, { releases, schemasOf: over.load, code: 'schema_violation' })
  if (breaks.length === 0) return
  const { first, errors } = await tellBreaks(scope, breaks, 'schema_violation')
  const of = releases.length === 1 ? '' : `${breaks.length} of ${releases.length} configs break a schema: `
  throw new Problem('schema_violation', { detail: `Nothing was released. ${of}${first}`, errors })
}
