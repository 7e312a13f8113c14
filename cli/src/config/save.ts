import { defineAskingCommand } from '../asking-command.ts'
import { UsageProblem } from '../command.ts'
import { readObject } from '../files/read-document.ts'
import { onceKey, onceOptions } from '../once.ts'
import { oneLine } from '../output/terminal-text.ts'
import { versionText } from './version-text.ts'

interface Source {
  file: string | undefined
  document: string | undefined
}

/** What the files say: the data alone, or a version as a whole. */
const readVersion = async ({ file, document }: Source): Promise<Record<string, unknown>> => {
  if (file !== undefined && document !== undefined) {
    throw new UsageProblem('Give either --file, for the data alone, or --document, for a whole version.')
  }
  if (document !== undefined) return readObject(document, '--document')
  return { data: await readObject(file ?? '-', '--file') }
}

/** Before stdin is waited for, where the command line alone can say it. */
const refuseUnnamed = (isNamed: boolean): void => {
  if (isNamed) return
  throw new UsageProblem('Give a <version>, or --bump to take the next one: auto, major, minor or patch.')
}

/** `none` says that there is none, whatever the template says. */
const orNone = (text: string | undefined): string | null | undefined => (text === 'none' ? null : text)

export const command = defineAskingCommand({
  summary: 'Save a config version. It is immutable, and reaches nobody until it is released.',
  details: `The data is read from --file, or from stdin, as JSON or YAML. Instead of a version, --bump takes the next one: auto
finds from what changes whether it is major, minor or patch. "none" for a field: none, whatever the template says.`,
  takes: ['appId', 'version?'],
  options: {
    file: { type: 'string', value: 'file', doc: 'JSON or YAML file with the data alone; - or absent: stdin' },
    document: {
      type: 'string',
      value: 'file',
      doc: 'instead: a whole version, {"data": ..., "overrides": [...], "flags": {...}}',
    },
    bump: {
      type: 'choice',
      of: ['auto', 'major', 'minor', 'patch'],
      doc: 'instead of a version: the part to raise',
    },
    min: { type: 'string', value: 'version', doc: 'older versions of the app must update' },
    recommended: { type: 'string', value: 'version', doc: 'older versions of the app should update' },
    deprecated: { type: 'string', value: 'date', doc: 'from when on this config counts as deprecated' },
    note: { type: 'string', value: 'text', doc: 'what changes, for those who look back' },
    force: { type: 'boolean', doc: 'take a version that is lower than the change deserves' },
    ...onceOptions,
  },
  examples: [
    'parasol config save shop 1.4.0 --file config.json --min 1.2.0 --note "New payment methods"',
    'parasol config show shop --document | jq .data.retries=5 | parasol config save shop --bump auto --document -',
  ],
  run: async (given, { client, print }) => {
    const isNamed = given.version !== undefined || given.bump !== undefined
    refuseUnnamed(isNamed || given.document !== undefined)
    const said = {
      configVersion: given.version,
      bump: given.bump,
      minimumAppVersion: orNone(given.min),
      recommendedAppVersion: orNone(given.recommended),
      deprecationDate: orNone(given.deprecated),
      note: given.note,
      force: given.force || undefined,
    }
    const fields = Object.entries(said).filter(([, value]) => value !== undefined)
    const version = { ...(await readVersion(given)), ...Object.fromEntries(fields) }
    refuseUnnamed('configVersion' in version || 'bump' in version)
    const saved = await client.ask('POST /manage/v1/apps/{appId}/configs', {
      params: { appId: given.appId },
      // A file may hold anything: what is wrong with it the server says, and where.
      body: version as typeof said & { data: Record<string, unknown> },
      idempotencyKey: onceKey(given),
    })
    for (const { pointer, detail } of saved.warnings ?? []) {
      print.note(oneLine(`Warning: ${pointer || 'the version'}: ${detail}`))
    }
    const next = `parasol config release ${saved.appId} ${saved.configVersion}`
    print.document(saved, () => `${versionText(saved)}\n\nIt reaches nobody yet. To release it: ${next}`)
  },
})
