import { problemOf } from '../../../../contract/problems.ts'
import type { Scope } from '../change.ts'
import type { Layer } from '../effective.ts'
import type { AppRow } from '../store/apps.ts'
import { longestChangeMs } from './checks.ts'
import { refuseUnchecked } from './refuse-unchecked.ts'
import { findSchemasOver } from './schemas-over.ts'

/**
 * Throws 422 (schema_violation) where a version breaks a schema of its app or of a template above. `layers` are what it
 * stands on, the root template first, and itself. Of a template, and below one that is not live yet, keys may be missing.
 */
export const checkVersion = async (
  { db, checks }: Pick<Scope, 'db' | 'checks'>,
  app: Pick<AppRow, 'app_id' | 'kind' | 'extends'>,
  layers: readonly Layer[],
): Promise<void> => {
  const appId = app.app_id
  const over = await findSchemasOver(db, [appId])
  if (!over.appIds.has(appId)) return
  const schemas = (await over.load([appId])).get(appId) ?? []
  const batch = {
    layers: layers.map(({ document: { data, overrides } }) => ({
      data: JSON.stringify(data),
      ...(overrides && { overrides: JSON.stringify(overrides) }),
    })),
    schemas,
    configs: [
      {
        appId,
        layers: [...layers.keys()],
        schemas: [...schemas.keys()],
        partial: app.kind === 'template' || (app.extends !== null && layers.length === 1),
      },
    ],
  }
  const check = checks.check(batch, longestChangeMs)
  const [verdict] = await refuseUnchecked(check, 'schema_violation', () => `this config of ${appId}`)
  if (!verdict || verdict.findings.length === 0) return
  throw problemOf(verdict.findings.map((finding) => ({ code: 'schema_violation' as const, ...finding })))
}
