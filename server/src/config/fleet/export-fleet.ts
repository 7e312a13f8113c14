import semver from 'semver'
import type { AppLine, FleetLine, ReleaseLine, VersionLine } from '../../../../contract/fleet-lines.ts'
import type { Reader } from '../apps/find-app.ts'
import { nameOf } from '../store/documents.ts'
import { type ExportedApp, findExportedApps, listAppIds, listTemplateTies } from '../store/exports.ts'
import { type FoundVersion, findVersions } from '../store/version-sets.ts'
import { canonicalJson } from '../versions/checksum-of.ts'
import { contentOf } from '../versions/save-version.ts'
import { templatesFirst } from './templates-first.ts'

const appsAtOnce = 100
/** Each may have a megabyte. */
const documentsAtOnce = 50

/**
 * The fleet as lines of NDJSON: templates before what extends or stands on them, apps by appId; of each its settings, its
 * versions and what is live. The same fleet gives the same bytes. Holds a few documents at a time. Each app is told as it was
 * at one moment; an app far behind in the file may have been read later, for no transaction lasts as long as a slow reader.
 */
export async function* exportFleet(
  reader: Reader,
  { versions }: { versions: 'all' | 'live' },
): AsyncGenerator<string> {
  for await (const appIds of pagesOfApps(reader)) {
    const apps = await findExportedApps(reader.db, appIds, versions)
    const sorted = apps.map((app) => ({ ...app, versions: app.versions.sort(byVersion) }))
    const documents = readDocuments(reader, sorted)
    for (const app of sorted) {
      yield lineOf(appLine(app))
      for (const _ of app.versions) {
        const { value } = await documents.next()
        if (value) yield lineOf(value)
      }
      for (const live of app.live) yield lineOf(releaseLine(app, live))
    }
  }
}

async function* pagesOfApps({ db, actor }: Reader): AsyncGenerator<string[]> {
  const ties = templatesFirst(await listTemplateTies(db, actor.scope))
  const templates = ties.flatMap(({ appId, isInScope }) => (isInScope ? [appId] : []))
  for (let at = 0; at < templates.length; at += appsAtOnce) yield templates.slice(at, at + appsAtOnce)
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: string[] = await listAppIds(db, actor.scope, { after, limit: appsAtOnce })
    if (page.length > 0) yield page
    after = page.at(-1)
  }
}

/** Build metadata counts for nothing in semver, but two such versions are two. */
const byVersion = (a: string, b: string): number => semver.compareBuild(a, b) || (a < b ? -1 : 1)

/** The versions of these apps, in their order. */
async function* readDocuments({ db }: Reader, apps: readonly ExportedApp[]): AsyncGenerator<VersionLine> {
  const wanted = apps.flatMap(({ app_id: appId, versions }) =>
    versions.map((version) => ({ appId, version })),
  )
  for (let at = 0; at < wanted.length; at += documentsAtOnce) {
    const some = wanted.slice(at, at + documentsAtOnce)
    const found = await findVersions(db, some)
    for (const name of some) {
      const version = found.get(nameOf(name))
      if (!version) throw new Error(`${name.appId} lost its version ${name.version}`)
      yield versionLine(version)
    }
  }
}

const appLine = (app: ExportedApp): AppLine => ({
  type: 'app',
  appId: app.app_id,
  name: app.name,
  kind: app.kind,
  extends: app.extends,
  access: app.access,
  labels: app.labels as AppLine['labels'],
  requiresApproval: app.requires_approval,
  attributes: (app.attributes ?? {}) as AppLine['attributes'],
  pollSeconds: app.poll_seconds,
  allowedOrigins: app.allowed_origins as AppLine['allowedOrigins'],
  archived: app.archived,
  schema: app.schema as AppLine['schema'],
})

const versionLine = ({ appId, version, document, note }: FoundVersion): VersionLine => ({
  type: 'version',
  appId,
  configVersion: version,
  ...contentOf(document),
  // The app may declare others by now, and a version never changes.
  ...(document.attributes && { attributes: document.attributes }),
  ...(note !== null && { note }),
})

const releaseLine = (
  { app_id: appId, extends: template }: ExportedApp,
  { channel, version, baseAppId, reason }: ExportedApp['live'][number],
): ReleaseLine => ({
  type: 'release',
  appId,
  channel,
  configVersion: version,
  // It was released before the app was tied as it is now, and clients get what it stands on.
  ...(baseAppId !== template && { standsOn: baseAppId }),
  ...(reason !== null && { reason }),
})

/** The line's own fields in one order for people to read; what apps say in a sorted one. */
const lineOf = (line: FleetLine): string => {
  const fields = Object.entries(line).map(
    ([name, value]) => `${JSON.stringify(name)}:${canonicalJson(value)}`,
  )
  return `{${fields.join(',')}}\n`
}
