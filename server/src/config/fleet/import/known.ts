import type { AppLine } from '../../../../../contract/fleet-lines.ts'
import type { Scope } from '../../change.ts'
import { findLive, type LiveOn, liveKey } from '../../store/app-sets.ts'
import { nameOf } from '../../store/documents.ts'
import { findAppsAndAbove, type ImportedApp } from '../../store/imports.ts'
import { findChecksums } from '../../store/version-sets.ts'
import type { Entry } from './read-entry.ts'

export interface KnownApp extends ImportedApp {
  /** Only a dry run knows it: an earlier batch would have made it, or would make it so. */
  isPlanned: boolean
}
export interface KnownVersion {
  checksum: string
  note: string | null
  isPlanned: boolean
}
export interface KnownLive extends Pick<LiveOn, 'version' | 'baseAppId' | 'hasCandidate'> {
  isPlanned: boolean
}

/** What there is when a line is looked at: what the database holds, and what lines before it bring. */
export interface Known {
  /** The apps that lines name, and all templates above them. */
  apps: Map<string, KnownApp>
  /** By nameOf. */
  versions: Map<string, KnownVersion>
  /** By liveKey. */
  live: Map<string, KnownLive>
}

export const nothingKnown = (): Known => ({ apps: new Map(), versions: new Map(), live: new Map() })

/** Loads what these lines speak of, with what a dry run has planned laid over it. */
export const loadKnown = async (
  { db }: Pick<Scope, 'db'>,
  entries: readonly Entry[],
  planned: Known,
): Promise<Known> => {
  const said = entries.map(({ says }) => says)
  const templates = templatesIn(said)
  const named = [...new Set([...said.map(({ appId }) => appId), ...templates])]
  const found = await findAppsAndAbove(db, named)
  const apps = new Map<string, KnownApp>(found.map((app) => [app.appId, { ...app, isPlanned: false }]))
  for (const [appId, app] of planned.apps) apps.set(appId, app)

  const releases = said.flatMap((says) => (says.type === 'release' ? [says] : []))
  const bases = releases.flatMap(({ appId, channel, standsOn }) =>
    [...templatesOf(appId, apps, said), ...(standsOn ? [standsOn] : [])].flatMap((template) => [
      { appId: template, channel },
      { appId: template, channel: 'stable' },
    ]),
  )
  const live = new Map<string, KnownLive>()
  for (const [key, found] of await findLive(db, [...distinctChannels([...releases, ...bases])])) {
    live.set(key, { ...found, isPlanned: false })
  }
  for (const [key, planning] of planned.live) live.set(key, planning)

  const wanted = said.flatMap((says) =>
    says.type === 'app' ? [] : [{ appId: says.appId, version: says.configVersion }],
  )
  const versions = new Map<string, KnownVersion>()
  for (const [key, { checksum, note }] of await findChecksums(db, distinctVersions(wanted))) {
    versions.set(key, { checksum, note, isPlanned: false })
  }
  for (const [key, planning] of planned.versions) versions.set(key, planning)
  return { apps, versions, live }
}

/** The templates that these lines tie others to, or have them stand on. */
const templatesIn = (said: readonly Entry['says'][]): string[] =>
  said.flatMap((says) => {
    const template = says.type === 'app' ? says.extends : says.type === 'release' ? says.standsOn : null
    return template ? [template] : []
  })

/** The template that an app is tied to, or is being tied to. */
const templatesOf = (
  appId: string,
  apps: ReadonlyMap<string, KnownApp>,
  said: readonly Entry['says'][],
): string[] => {
  const tied = said.find((says): says is AppLine => says.type === 'app' && says.appId === appId)?.extends
  return [apps.get(appId)?.extends, tied].flatMap((template) => template ?? [])
}

const distinctChannels = (channels: readonly { appId: string; channel: string }[]) =>
  new Map(channels.map(({ appId, channel }) => [liveKey({ appId, channel }), { appId, channel }])).values()

const distinctVersions = (versions: readonly { appId: string; version: string }[]) => [
  ...new Map(versions.map((version) => [nameOf(version), version])).values(),
]

/** The templates above an app, the nearest first; ends where the chain does, or turns back on itself. */
export const chainAbove = (apps: ReadonlyMap<string, KnownApp>, appId: string): KnownApp[] => {
  const above: KnownApp[] = []
  for (let at = apps.get(apps.get(appId)?.extends ?? ''); at; at = apps.get(at.extends ?? '')) {
    if (above.includes(at)) break
    above.push(at)
  }
  return above
}
