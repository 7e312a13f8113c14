import { type Kysely, sql } from 'kysely'
import { type Actor, administrator } from '../../platform/auth/authenticate.ts'
import type { Tables } from '../../platform/database/tables.ts'

/**
 * What whoever scheduled something may do now: the administrator all, the holder of a key what the key allows today. Undefined
 * when that key has been revoked or has expired since; one made later under its name is another key.
 */
export const findScheduler = async (
  db: Kysely<Tables>,
  name: string,
  scheduledAt: Date,
): Promise<Actor | undefined> => {
  // No key can take the administrator's name.
  if (name === administrator.name) return administrator
  const key = await db
    .selectFrom('api_keys')
    .select(['name', 'role', 'app_ids', 'labels'])
    .where(sql`lower(name)`, '=', sql`lower(${name})`)
    .where('revoked_at', 'is', null)
    .where('created_at', '<=', scheduledAt)
    .where((where) =>
      where.or([where('expires_at', 'is', null), where('expires_at', '>', sql<Date>`clock_timestamp()`)]),
    )
    .executeTakeFirst()
  if (!key || key.role === 'client') return undefined
  const labels = key.labels as Record<string, string> | null
  return { name: key.name, role: key.role, scope: { appIds: key.app_ids, labels } }
}
