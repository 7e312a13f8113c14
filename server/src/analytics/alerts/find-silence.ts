import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../platform/database/tables.ts'
import { textArray } from '../../platform/database/text-array.ts'
import { isInForce } from './is-in-force.ts'
import { listOpenSilences, type SilenceRow } from './store/silences.ts'

/** What an alert is about, as silences know it. */
export interface Silenceable {
  rule: string
  app_id: string | null
}

/** Finds what silences an alert; undefined where nothing does. */
export type FindSilence = (alert: Silenceable) => SilenceRow | undefined

/** Each app with all templates above it, and itself. */
export type Chains = ReadonlyMap<string, readonly string[]>

/** Whether a silence is of an alert: of its rule, and of its app or a template above that. */
export const isOf = (
  silence: Pick<SilenceRow, 'rule' | 'app_id'>,
  alert: Silenceable,
  chains: Chains,
): boolean => {
  if (silence.rule !== null && silence.rule !== alert.rule) return false
  if (silence.app_id === null) return true
  if (alert.app_id === null) return false
  return (chains.get(alert.app_id) ?? [alert.app_id]).includes(silence.app_id)
}

/** What silences these alerts now. */
export const findSilences = async (
  db: Kysely<Tables>,
  alerts: readonly Silenceable[],
  now: Date,
): Promise<FindSilence> => {
  const inForce = (await listOpenSilences(db)).filter((silence) => isInForce(silence, now))
  const needsChains = inForce.some(({ app_id: appId }) => appId !== null)
  const appIds = [...new Set(alerts.flatMap(({ app_id: appId }) => (appId === null ? [] : [appId])))]
  const chains = needsChains ? await readChains(db, appIds) : new Map()
  return (alert) => inForce.find((silence) => isOf(silence, alert, chains))
}

/** The templates above each of these apps, itself first. */
export const readChains = async (
  db: Kysely<Tables>,
  appIds: readonly string[],
): Promise<Map<string, string[]>> => {
  const chains = new Map<string, string[]>()
  if (appIds.length === 0) return chains
  const { rows } = await sql<{ app_id: string; above: string }>`
    with recursive chain as (
      select app_id, app_id as above, extends, 1 as depth from apps where app_id = any (${textArray(appIds)})
      union all
      select c.app_id, a.app_id, a.extends, c.depth + 1 from chain c join apps a on a.app_id = c.extends where c.depth < 32
    )
    select app_id, above from chain order by app_id, depth`.execute(db)
  for (const { app_id: appId, above } of rows) {
    const chain = chains.get(appId)
    if (chain) chain.push(above)
    else chains.set(appId, [above])
  }
  return chains
}
