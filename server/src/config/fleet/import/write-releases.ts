import { Problem } from '../../../../../contract/problems.ts'
import type { Scope } from '../../change.ts'
import { goLive } from '../../releases/go-live.ts'
import { listHindrances } from '../../releases/may-release.ts'
import { findLiveBases, liveKey } from '../../store/app-sets.ts'
import { findReleases, type Made, type Target, toRelease } from '../../store/releases.ts'
import { type Outcome, unlessRefused } from '../../unless-refused.ts'
import { templateNotReleased, type WantedRelease } from './decide-release.ts'
import type { Known } from './known.ts'
import type { AtWork, Work } from './run-batch.ts'

type Wanted = Work['releases'][number]

/** Makes the releases, those of templates before those of what extends them. */
export const writeReleases = async (atWork: AtWork, releases: Work['releases']): Promise<void> => {
  const wantedOf = new Map<string, WantedRelease[]>()
  for (const { release } of releases) {
    wantedOf.set(release.appId, [...(wantedOf.get(release.appId) ?? []), release])
  }
  const levelOf = findLevels(atWork.known, wantedOf)
  const levels = new Map<number, Wanted[]>()
  for (const wanted of releases) {
    const level = levelOf(wanted.release.appId)
    levels.set(level, [...(levels.get(level) ?? []), wanted])
  }
  for (const [, level] of [...levels].sort(([a], [b]) => a - b)) await writeLevel(atWork, level)
}

/**
 * How many templates, one over the other, come before an app; a circle counts as its end. Each is found once: where every
 * template stands on two others, the ways through them double with each.
 */
const findLevels = (
  known: Known,
  wanted: ReadonlyMap<string, readonly WantedRelease[]>,
): ((appId: string) => number) => {
  const found = new Map<string, number>()
  const levelOf = (appId: string): number => {
    const before = found.get(appId)
    if (before !== undefined) return before
    found.set(appId, 0)
    const bases = wanted.get(appId)?.map(({ template }) => template) ?? [
      known.apps.get(appId)?.extends ?? null,
    ]
    const level = Math.max(...bases.map((base) => (base === null ? 0 : 1 + levelOf(base))))
    found.set(appId, level)
    return level
  }
  return levelOf
}

interface ToRelease {
  line: number
  target: Target
}

const writeLevel = async (atWork: AtWork, level: readonly Wanted[]): Promise<void> => {
  const { together, alone } = await sortOut(atWork, level, await findTargets(atWork, level))
  const { refusal } = await tryRelease(atWork, together)
  const apart = refusal ? [...together, ...alone] : alone
  for (const one of apart) {
    const outcome = await tryRelease(atWork, [one], { mayFanOut: !alone.includes(one) })
    if (outcome.refusal) atWork.refuse(one.line, outcome.refusal)
  }
}

const findTargets = async ({ scope, refuse }: AtWork, level: readonly Wanted[]): Promise<ToRelease[]> => {
  const templates = [...new Set(level.flatMap(({ release }) => release.template ?? []))]
  const bases = new Map<string, Map<string, number>>()
  for (const channel of new Set(level.map(({ release }) => release.channel))) {
    bases.set(channel, await findLiveBases(scope.db, templates, channel))
  }
  return level.flatMap(({ line, release }): ToRelease[] => {
    const { appId, channel, version, template, reason } = release
    const baseRevision = template === null ? null : bases.get(channel)?.get(template)
    if (baseRevision !== undefined) {
      return [{ line, target: { appId, channel, version, baseRevision, reason } }]
    }
    refuse(line, templateNotReleased(appId, template ?? ''))
    return []
  })
}

/**
 * Leaves out what is frozen, or asks for another person's approval. The first release of a channel needs none, so that a fleet
 * can be moved; but it may reach nobody who asks for it, so that of a template goes by itself.
 */
const sortOut = async (
  { scope, known, refuse }: AtWork,
  level: readonly Wanted[],
  targets: readonly ToRelease[],
): Promise<{ together: ToRelease[]; alone: ToRelease[] }> => {
  const appIds = [...new Set(targets.map(({ target }) => target.appId))]
  const hindrances = await listHindrances(scope.db, appIds, { isApproved: false })
  const first = new Set(level.flatMap(({ release }) => (release.isFirst ? [liveKey(release)] : [])))
  const together: ToRelease[] = []
  const alone: ToRelease[] = []
  for (const one of targets) {
    const own = hindrances.filter(({ appId }) => appId === one.target.appId)
    const isFirst = first.has(liveKey(one.target))
    const why = own.find(({ code }) => code === 'frozen' || !isFirst)
    const isTemplate = known.apps.get(one.target.appId)?.kind === 'template'
    if (why) refuse(one.line, new Problem(why.code, { detail: why.detail }))
    else if (own.length > 0 && isTemplate) alone.push(one)
    else together.push(one)
  }
  return { together, alone }
}

const tryRelease = async (
  atWork: AtWork,
  some: readonly ToRelease[],
  { mayFanOut = true }: { mayFanOut?: boolean } = {},
): Promise<Outcome<void>> => {
  if (some.length === 0) return { result: undefined }
  return unlessRefused(atWork.scope, async (attempt) => {
    const targets = some.map(({ target }) => target)
    const { made, fannedOut } = await goLive(attempt, targets, how)
    if (fannedOut.length > 0 && !mayFanOut) {
      throw new Problem('approval_required', {
        detail: `This would reach ${fannedOut.length} channels of apps that ask for another person's approval. Propose the release instead.`,
      })
    }
    await noteReleases(attempt, atWork, made)
  })
}

const how = { kind: 'publish', reason: null, rollout: null, fleetReleaseId: null } as const

const noteReleases = async ({ db }: Scope, { audit }: AtWork, made: readonly Made[]): Promise<void> => {
  const rows = await findReleases(
    db,
    made.map(({ revision }) => revision),
  )
  const before = await findReleases(
    db,
    [...rows.values()].flatMap((row) => row.previous_revision ?? []),
  )
  for (const row of rows.values()) {
    const previous = before.get(row.previous_revision ?? 0)
    audit({
      action: 'release.publish',
      appId: row.app_id,
      target: row.version,
      before: previous ? toRelease(previous) : null,
      after: toRelease(row),
      reason: row.reason,
    })
  }
}
