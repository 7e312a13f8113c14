import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { listSchemaPlaces, loadSchemaTexts, type SchemaPlace } from '../store/schemas.ts'
import type { OwnSchema } from './checks.ts'

/** The schemas that hold for some apps: their own and those of all templates above. */
export interface SchemasOver {
  /** Those of these apps for which any schema holds; archived ones serve nothing. */
  appIds: ReadonlySet<string>
  kindOf(appId: string): SchemaPlace['kind']
  /** The schemas of each of these apps, the nearest first. */
  load(appIds: readonly string[]): Promise<Map<string, OwnSchema[]>>
}

/** Finds whose schemas hold for each app; the schemas themselves are read as they are needed. */
export const findSchemasOver = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
): Promise<SchemasOver> => {
  const places = new Map((await listSchemaPlaces(db, appIds)).map((place) => [place.app_id, place]))
  const owners = (appId: string) => ownersOver(places, appId)
  return {
    appIds: new Set(appIds.filter((appId) => !places.get(appId)?.is_archived && owners(appId).length > 0)),
    kindOf: (appId) => places.get(appId)?.kind ?? 'app',
    load: async (some) => {
      const wanted = new Map(some.map((appId) => [appId, owners(appId)]))
      const texts = await loadSchemaTexts(db, [...new Set([...wanted.values()].flat())])
      const schemaOf = (appId: string): OwnSchema => ({ appId, text: texts.get(appId) ?? 'true' })
      return new Map([...wanted].map(([appId, owning]) => [appId, owning.map(schemaOf)]))
    },
  }
}

const ownersOver = (places: ReadonlyMap<string, SchemaPlace>, appId: string): string[] => {
  const owners: string[] = []
  for (let place = places.get(appId); place; place = places.get(place.extends ?? '')) {
    if (place.has_schema) owners.push(place.app_id)
  }
  return owners
}
