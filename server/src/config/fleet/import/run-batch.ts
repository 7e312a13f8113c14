import type { ImportedLine } from '../../../../../contract/fleet.ts'
import { Problem } from '../../../../../contract/problems.ts'
import { type AuditRow, appendAudits } from '../../../platform/audit/append-audit.ts'
import { lockTies } from '../../apps/extend.ts'
import { lockApps } from '../../apps/lock-apps.ts'
import type { Scope } from '../../change.ts'
import { listTemplatesAbove } from '../../store/app-sets.ts'
import { type AppRow, shareApps } from '../../store/apps.ts'
import type { NewVersion } from '../../store/version-sets.ts'
import type { Batch } from './batches.ts'
import { type AppWork, decideApp } from './decide-app.ts'
import { decideRelease, type WantedRelease } from './decide-release.ts'
import { decideVersion } from './decide-version.ts'
import { type Known, loadKnown } from './known.ts'
import { type Entry, nameOfLine, refusedLine } from './read-entry.ts'
import { writeApps } from './write-apps.ts'
import { writeReleases } from './write-releases.ts'
import { writeVersions } from './write-versions.ts'

/** What lines want done, and the numbers of the lines. */
export interface Work {
  apps: { line: number; work: AppWork }[]
  versions: { line: number; version: NewVersion }[]
  releases: { line: number; release: WantedRelease }[]
}

/** A batch at work: what is refused is noted, and rows of the audit log are written last, all at once. */
export interface AtWork {
  scope: Scope
  known: Known
  /** The apps that lines name, as they are before. */
  locked: ReadonlyMap<string, AppRow>
  refuse(line: number, problem: Problem): void
  audit(row: Omit<AuditRow, 'actor' | 'requestId'>): void
}

export interface BatchDone {
  lines: ImportedLine[]
  known: Known
}

/**
 * Does what the lines of a batch ask for, in the transaction of the scope. `planned` is what a dry run has planned before; what
 * stands on that is not tried. A line that is refused, also by what others did meanwhile, stops nothing but itself.
 */
export const runBatch = async (scope: Scope, batch: Batch, planned: Known): Promise<BatchDone> => {
  const locked = await lockNamed(scope, batch.entries)
  const known = await loadKnown(scope, batch.entries, planned)
  const lines = new Map<number, ImportedLine>()
  const work: Work = { apps: [], versions: [], releases: [] }
  for (const entry of batch.entries) lines.set(entry.line, await decide(scope, known, entry, work))

  const rows: AuditRow[] = []
  const { actor, requestId } = scope
  const atWork: AtWork = {
    scope,
    known,
    locked: new Map(locked.map((row) => [row.app_id, row])),
    refuse: (line, problem) => {
      const told = lines.get(line)
      if (told) lines.set(line, refusedLine({ line, type: told.type, id: told.id }, problem))
    },
    audit: (row) => void rows.push({ ...row, actor: actor.name, requestId }),
  }
  await writeApps(atWork, work.apps)
  await writeVersions(atWork, work.versions)
  await writeReleases(atWork, work.releases)
  await appendAudits(scope.db, rows)
  const told = [...lines.values(), ...batch.refused].sort((a, b) => a.line - b.line)
  return { lines: told, known }
}

/**
 * In the order of everybody who locks several: ties, apps, then templates upwards. Not those that a release is to stand on
 * without the app extending them: what becomes of these meanwhile would not reach it.
 */
const lockNamed = async (scope: Scope, entries: readonly Entry[]): Promise<AppRow[]> => {
  const templates = entries.flatMap(({ says }) => (says.type === 'app' && says.extends ? [says.extends] : []))
  if (templates.length > 0) await lockTies(scope)
  const locked = await lockApps(scope, [...new Set(entries.map(({ says }) => says.appId))])
  const distinct = [...new Set(templates)]
  await shareApps(scope.db, [...distinct, ...(await listTemplatesAbove(scope.db, distinct))])
  return locked
}

const decide = async (
  { actor, checks }: Scope,
  known: Known,
  { line, says }: Entry,
  work: Work,
): Promise<ImportedLine> => {
  const named = { line, type: says.type, id: nameOfLine(says) }
  const deciding = { actor, checks, known }
  try {
    if (says.type === 'app') {
      const app = await decideApp(deciding, says)
      if (!app) return { ...named, result: 'unchanged' }
      work.apps.push({ line, work: app })
      return { ...named, result: app.does === 'create' ? 'create' : 'change' }
    }
    if (says.type === 'version') {
      const version = decideVersion(deciding, says)
      if (!version) return { ...named, result: 'unchanged' }
      if (!version.isPlanned) work.versions.push({ line, version })
      return { ...named, result: 'create' }
    }
    const release = decideRelease(deciding, says)
    if (!release) return { ...named, result: 'unchanged' }
    if (!release.isPlanned) work.releases.push({ line, release })
    return { ...named, result: release.isFirst ? 'create' : 'change' }
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500) throw error
    return refusedLine(named, error)
  }
}
