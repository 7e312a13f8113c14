import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from '@hono/zod-openapi'
import { appLine, type FleetLine, releaseLine, versionLine } from '../../../contract/fleet-lines.ts'
import { jsonPointer } from '../../../contract/json-pointer.ts'
import { typeWords } from '../../../contract/type-words.ts'
import { Failure } from '../command.ts'
import { readDocument } from './read-document.ts'
import { reasonOf } from './read-text.ts'

/** One app a file; docs/fleet-files.md describes it. */
const fleetFile = z.strictObject({
  app: appLine.omit({ type: true }),
  versions: z.array(versionLine.omit({ type: true, appId: true })).default([]),
  releases: z.array(releaseLine.omit({ type: true, appId: true })).default([]),
})
type FleetFile = z.infer<typeof fleetFile> & { path: string }

/** A line for the import, and where it was written. */
export interface PlacedLine {
  line: FleetLine
  path: string
  /** into the file */
  pointer: string
}

/**
 * All fleet files of a folder and those in it as lines of an import, templates before what extends or stands on them. Throws a
 * Failure that names every file, and every place in it, that has to be corrected.
 */
export const readFleet = async (folder: string): Promise<PlacedLine[]> => {
  const files: FleetFile[] = []
  const problems: string[] = []
  for (const path of await listFiles(folder)) {
    const read = await readFleetFile(path)
    if (Array.isArray(read)) problems.push(...read)
    else files.push(read)
  }
  problems.push(...namedTwice(files))
  if (problems.length > 0) throw new Failure(`${folder} can't be read:\n  ${problems.join('\n  ')}`)
  if (files.length === 0) throw new Failure(`${folder} holds no .json, .yaml or .yml file.`)
  return templatesFirst(files).flatMap(linesOf)
}

/** In the order of their names; what begins with a dot is passed over. */
const listFiles = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTDIR') throw new Failure(`${folder} is not a folder: name the folder it is in.`)
      throw new Failure(`${folder} can't be read: ${reasonOf(error)}.`)
    },
  )
  return entries
    .filter((entry) => entry.isFile() && /\.(json|ya?ml)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/(^|[\\/])\.[^.\\/]/.test(path.slice(folder.length)))
    .sort()
}

/** A fleet file, or what is wrong with it. */
const readFleetFile = async (path: string): Promise<FleetFile | string[]> => {
  try {
    const result = fleetFile.safeParse(await readDocument(path, ''), { error: typeWords })
    if (result.success) return { ...result.data, path }
    return result.error.issues.flatMap((issue) => issueLines(issue, path))
  } catch (error) {
    if (error instanceof Failure) return error.message.split('\n')
    throw error
  }
}

const issueLines = (issue: z.core.$ZodIssue, path: string): string[] => {
  const at = (steps: readonly PropertyKey[]): string =>
    jsonPointer(steps.map((step) => step as string | number))
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `${path}: ${at([...issue.path, key])} is not known here; check its spelling`,
    )
  }
  return [`${path}: ${at(issue.path) || 'the file'}: ${issue.message}`]
}

const namedTwice = (files: readonly FleetFile[]): string[] => {
  const first = new Map<string, string>()
  return files.flatMap(({ app: { appId }, path }) => {
    const other = first.get(appId)
    if (other !== undefined) return [`${path}: /app/appId: ${appId} is in ${other} too; an app has one file`]
    first.set(appId, path)
    return []
  })
}

/** An app comes after the templates above it, and those it stands on; what goes in a circle the server refuses. */
const templatesFirst = (files: readonly FleetFile[]): FleetFile[] => {
  const byId = new Map(files.map((file) => [file.app.appId, file]))
  const sorted = new Set<FleetFile>()
  const add = (file: FleetFile, below: ReadonlySet<FleetFile>): void => {
    if (sorted.has(file) || below.has(file)) return
    for (const template of [file.app.extends, ...file.releases.map(({ standsOn }) => standsOn)]) {
      const above = byId.get(template ?? '')
      if (above) add(above, new Set([...below, file]))
    }
    sorted.add(file)
  }
  for (const file of files) add(file, new Set())
  return [...sorted]
}

const linesOf = ({ app, versions, releases, path }: FleetFile): PlacedLine[] => {
  const { appId } = app
  const placed = (line: FleetLine, pointer: string): PlacedLine => ({ line, path, pointer })
  // Releases happened one after the other; what shall be live is the last of each channel.
  const live = releases.filter(
    ({ channel }, at) => releases.findLastIndex((release) => release.channel === channel) === at,
  )
  return [
    placed({ type: 'app', ...app }, '/app'),
    ...versions.map((version, at) => placed({ type: 'version', appId, ...version }, `/versions/${at}`)),
    ...live.map((release) =>
      placed({ type: 'release', appId, ...release }, `/releases/${releases.indexOf(release)}`),
    ),
  ]
}
