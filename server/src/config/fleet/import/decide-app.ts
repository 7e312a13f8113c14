import type { ChangeAppInput } from '../../../../../contract/app.ts'
import type { AppLine } from '../../../../../contract/fleet-lines.ts'
import { equalJson } from '../../../../../contract/json-equal.ts'
import { problemOf } from '../../../../../contract/problems.ts'
import { requireScope } from '../../../platform/auth/authenticate.ts'
import type { Scope } from '../../change.ts'
import { vetOrThrow } from '../../schemas/vet-or-throw.ts'
import type { ImportedApp } from '../../store/imports.ts'
import { checkTie } from './check-tie.ts'
import type { Known, KnownApp } from './known.ts'

export type Deciding = Pick<Scope, 'actor' | 'checks'> & { known: Known }

/** What is to be done for an app line. */
export type AppWork =
  | { does: 'create'; app: KnownApp }
  /** Nothing but its name, labels and the like changes: many of these are one statement. */
  | { does: 'update'; before: KnownApp; app: KnownApp }
  /** By the verbs that do it for one app, with all that they check. */
  | { does: 'alter'; before: KnownApp; change: AppChange }

export type AppChange = Omit<ChangeAppInput, 'archived'> & {
  archived?: boolean
  schema?: AppLine['schema']
}

/** What an app line asks for; undefined where the app is so already. Throws a Problem where it cannot be done. */
export const decideApp = async (deciding: Deciding, says: AppLine): Promise<AppWork | undefined> => {
  const before = deciding.known.apps.get(says.appId)
  return before ? decideChange(deciding, before, says) : decideCreate(deciding, says)
}

const decideCreate = async ({ actor, checks, known }: Deciding, says: AppLine): Promise<AppWork> => {
  const template = known.apps.get(says.extends ?? '')
  const app: KnownApp = {
    appId: says.appId,
    kind: says.kind ?? 'app',
    name: says.name,
    extends: says.extends ?? null,
    access: says.access ?? 'public',
    labels: says.labels ?? {},
    requiresApproval: says.requiresApproval ?? false,
    attributes: says.attributes ?? {},
    pollSeconds: says.pollSeconds ?? null,
    allowedOrigins: says.allowedOrigins ?? null,
    archived: says.archived ?? false,
    schema: says.schema ?? null,
    isPlanned: template?.isPlanned ?? false,
  }
  requireScope(actor, inTable(app))
  if (app.extends !== null) checkTie({ actor, known }, app, app.extends)
  if (app.schema) await vetOrThrow(checks, app.schema)
  known.apps.set(app.appId, app)
  return { does: 'create', app }
}

const inTable = ({ appId, labels }: ImportedApp) => ({ app_id: appId, labels })

/** Whatever else is asked for is done by the verbs, which check it. */
const plain = ['name', 'access', 'labels', 'attributes', 'pollSeconds', 'allowedOrigins'] as const
const settings = [...plain, 'extends', 'requiresApproval', 'archived', 'schema'] as const

const decideChange = ({ actor, known }: Deciding, before: KnownApp, says: AppLine): AppWork | undefined => {
  requireScope(actor, inTable(before))
  if (says.kind !== undefined && says.kind !== before.kind) {
    const detail = `it is ${before.kind === 'app' ? 'an app' : 'a template'}, and stays one`
    throw problemOf([{ code: 'invalid_field', pointer: '/kind', detail }])
  }
  const changed = settings.filter((name) => says[name] !== undefined && !equalJson(says[name], before[name]))
  if (changed.length === 0) return undefined
  const change: AppChange = Object.fromEntries(changed.map((name) => [name, says[name]]))
  if (change.labels) requireScope(actor, { app_id: before.appId, labels: change.labels })
  const after = { ...before, ...change } as KnownApp
  if (change.extends) checkTie({ actor, known }, after, change.extends)
  known.apps.set(before.appId, after)
  const isPlain = !before.archived && changed.every((name) => (plain as readonly string[]).includes(name))
  return isPlain ? { does: 'update', before, app: after } : { does: 'alter', before, change }
}
