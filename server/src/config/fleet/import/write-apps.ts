import type { AppLine } from '../../../../../contract/fleet-lines.ts'
import type { AuditRow } from '../../../platform/audit/append-audit.ts'
import { archiveApp, changeApp } from '../../apps/change-app.ts'
import { appExists } from '../../apps/create-app.ts'
import type { Scope } from '../../change.ts'
import { removeSchema } from '../../schemas/remove-schema.ts'
import { setSchema } from '../../schemas/set-schema.ts'
import { type AppRow, toApp } from '../../store/apps.ts'
import { renewChannels } from '../../store/channels.ts'
import { insertApps, listChannelsOf, updateApps } from '../../store/imports.ts'
import { unlessRefused } from '../../unless-refused.ts'
import type { AppChange, AppWork } from './decide-app.ts'
import type { KnownApp } from './known.ts'
import type { AtWork, Work } from './run-batch.ts'

type Of<Does extends AppWork['does']> = { line: number; work: Extract<AppWork, { does: Does }> }

/** New apps first, since others may extend them. What only a dry run knows of is left out. */
export const writeApps = async (atWork: AtWork, apps: Work['apps']): Promise<void> => {
  const toDo = apps.filter(({ work }) => !(work.does === 'create' ? work.app : work.before).isPlanned)
  const of = <Does extends AppWork['does']>(does: Does) =>
    toDo.filter((item): item is Of<Does> => item.work.does === does)
  await createApps(atWork, of('create'))
  await renameApps(atWork, of('update'))
  for (const { line, work } of of('alter')) await alterApp(atWork, line, work.before, work.change)
}

const createApps = async (
  { scope, refuse, audit }: AtWork,
  creates: readonly Of<'create'>[],
): Promise<void> => {
  const rows = await insertApps(
    scope.db,
    creates.map(({ work }) => work.app),
  )
  const made = new Map(rows.map((row) => [row.app_id, row]))
  for (const { line, work } of creates) {
    const row = made.get(work.app.appId)
    if (!row) refuse(line, appExists(work.app.appId))
    else audit(auditOf('app.create', row.app_id, null, asAudited(row)))
  }
  // Nodes may remember that these ids were unknown.
  await scope.announce(rows.map((row) => ({ appId: row.app_id, channel: 'stable', sequence: row.revision })))
}

const renameApps = async (
  { scope, locked, audit }: AtWork,
  updates: readonly Of<'update'>[],
): Promise<void> => {
  if (updates.length === 0) return
  const rows = await updateApps(
    scope.db,
    updates.map(({ work }) => work.app),
  )
  const channels = await listChannelsOf(
    scope.db,
    rows.map((row) => row.app_id),
  )
  scope.announced(await renewChannels(scope.db, channels))
  const after = new Map(rows.map((row) => [row.app_id, row]))
  for (const { work } of updates) {
    const { appId } = work.app
    const [before, row] = [locked.get(appId), after.get(appId)]
    if (before && row) audit(auditOf('app.change', appId, asAudited(before), asAudited(row)))
  }
}

const auditOf = (
  action: string,
  appId: string,
  before: unknown,
  after: unknown,
): Omit<AuditRow, 'actor' | 'requestId'> => ({ action, appId, target: appId, before, after })

/** The schema too, which the app's own page does not show. */
const asAudited = (row: AppRow) => ({ ...toApp(row), ...(row.schema !== null && { schema: row.schema }) })

const alterApp = async (
  { scope, known, refuse, audit }: AtWork,
  line: number,
  before: KnownApp,
  change: AppChange,
): Promise<void> => {
  const rows: Parameters<AtWork['audit']>[0][] = []
  const collecting: Scope = { ...scope, audit: async (row) => void rows.push(row) }
  const { refusal } = await unlessRefused(collecting, (attempt) => alter(attempt, before.appId, change))
  if (refusal) {
    known.apps.set(before.appId, before)
    refuse(line, refusal)
  } else for (const row of rows) audit(row)
}

/** Brought back first and archived last, because an archived app takes no other change. */
const alter = async (
  scope: Scope,
  appId: string,
  { schema, archived, ...settings }: AppChange,
): Promise<void> => {
  const input = { ...settings, ...(archived === false && { archived: false as const }) }
  if (Object.keys(input).length > 0) await changeApp(scope, appId, input, undefined)
  if (schema !== undefined) await changeSchema(scope, appId, schema)
  if (archived) await archiveApp(scope, appId, undefined)
}

const changeSchema = async (scope: Scope, appId: string, schema: AppLine['schema']): Promise<void> => {
  if (schema) await setSchema(scope, appId, { schema, dryRun: false, force: false }, undefined)
  else await removeSchema(scope, appId, undefined)
}
