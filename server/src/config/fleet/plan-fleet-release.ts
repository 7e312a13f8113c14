import type { FleetReleaseInput } from '../../../../contract/fleet.ts'
import { Problem } from '../../../../contract/problems.ts'
import { isInScope } from '../../platform/auth/authenticate.ts'
import type { Scope } from '../change.ts'
import { findLive, findLiveBases, type LiveOn, liveKey } from '../store/app-sets.ts'
import type { AppRow } from '../store/apps.ts'
import { nameOf } from '../store/documents.ts'
import { findChecksums } from '../store/version-sets.ts'
import { patchApps } from './patch-apps.ts'
import type { FleetPlan, FleetRefusal } from './plan.ts'

type FleetInput = FleetReleaseInput['release']
type Why = Pick<FleetRefusal, 'code' | 'detail'>
/** The version that each app is to get, or why it can get none. */
export type Versions = ReadonlyMap<string, string | Why>

/** What a release over these apps (locked) would do with each. With a patch their new versions are saved on the way. */
export const planFleetRelease = async (
  scope: Scope,
  apps: readonly AppRow[],
  input: FleetInput,
  limits: { maxBytes: number },
): Promise<FleetPlan> => {
  const { channel } = input
  const appIds = apps.map((app) => app.app_id)
  const live = await findLive(scope.db, on(channel, appIds))
  const templates = [...new Set(apps.flatMap((app) => app.extends ?? []))]
  const bases = await findLiveBases(scope.db, templates, channel)
  const versions = await findVersions(scope, { apps, input, live, bases, limits })

  const plan: FleetPlan = { targets: [], unchanged: [], refusals: [] }
  for (const app of apps) {
    const { app_id: appId } = app
    const before = live.get(liveKey({ appId, channel }))
    const base = app.extends === null ? null : bases.get(app.extends)
    const version = versions.get(appId) ?? noVersion
    const why = whyNot(scope, app, { version, base, before, inStages: input.rollout !== undefined })
    if (why) plan.refusals.push({ appId, channel, ...why })
    else if (typeof version !== 'string' || base === undefined) throw new Error(`${appId} has no target`)
    else if (before && before.version === version && before.baseRevision === base && !before.hasCandidate) {
      plan.unchanged.push(before)
    } else plan.targets.push({ appId, channel, version, baseRevision: base, live: before })
  }
  return plan
}

const on = (channel: string, appIds: readonly string[]) => appIds.map((appId) => ({ appId, channel }))

const noVersion: Why = { code: 'version_not_found', detail: 'it has no such version.' }

interface Found {
  version: string | Why
  base: number | null | undefined
  before: LiveOn | undefined
  inStages: boolean
}

const whyNot = (
  { actor }: Scope,
  app: AppRow,
  { version, base, before, inStages }: Found,
): Why | undefined => {
  if (!isInScope(actor, app)) {
    return { code: 'forbidden', detail: `the token of ${actor.name} is not for this app.` }
  }
  if (typeof version !== 'string') return version
  if (base === undefined) {
    return {
      code: 'template_not_released',
      detail: `it extends ${app.extends}, which has no release yet. Release the template first.`,
    }
  }
  if (inStages && !before) {
    return {
      code: 'rollout_not_possible',
      detail: 'nothing is live on the channel yet that devices outside the rollout could keep.',
    }
  }
  return undefined
}

interface Asked {
  apps: readonly AppRow[]
  input: FleetInput
  live: ReadonlyMap<string, LiveOn>
  bases: ReadonlyMap<string, number>
  limits: { maxBytes: number }
}

const findVersions = async (scope: Scope, asked: Asked): Promise<Versions> => {
  const { configVersion, promoteFrom, patch } = asked.input
  if (configVersion !== undefined) return findNamed(scope, asked, configVersion)
  if (promoteFrom !== undefined) return findPromoted(scope, asked, promoteFrom)
  return patchApps(scope, { ...asked, patch: patch ?? {} })
}

const findNamed = async ({ db }: Scope, { apps }: Asked, version: string): Promise<Versions> => {
  const wanted = apps.map((app) => ({ appId: app.app_id, version }))
  const found = await findChecksums(db, wanted)
  const missing: Why = { code: 'version_not_found', detail: `it has no version ${version}.` }
  return new Map(wanted.map((name) => [name.appId, found.has(nameOf(name)) ? version : missing]))
}

const findPromoted = async ({ db }: Scope, { apps, input }: Asked, from: string): Promise<Versions> => {
  if (from === input.channel) {
    throw new Problem('nothing_to_release', {
      detail: `A release is promoted to another channel, and ${from} is its own.`,
    })
  }
  const appIds = apps.map((app) => app.app_id)
  const promoted = await findLive(db, on(from, appIds))
  const missing: Why = { code: 'nothing_to_release', detail: `nothing is live on its channel ${from}.` }
  return new Map(
    appIds.map((appId) => [appId, promoted.get(liveKey({ appId, channel: from }))?.version ?? missing]),
  )
}
