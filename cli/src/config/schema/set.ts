import type { SchemaSet } from '../../../../contract/schema.ts'
import { defineAskingCommand } from '../../asking-command.ts'
import { readObject } from '../../files/read-document.ts'
import { ifMatchOptions } from '../../if-match.ts'
import { tableText } from '../../output/table.ts'
import { counted } from '../../output/terminal-text.ts'

const setText = ({ appId, dryRun, checked, broken, breaks }: SchemaSet): string => {
  const done = dryRun ? 'Nothing was changed' : `The schema of ${appId} is set`
  const found = `of ${counted(checked, 'live config')} ${broken} would break it`
  if (breaks.length === 0) return `${done}; ${found}.`
  const rows = breaks.flatMap((at) => at.errors.map((error) => ({ ...at, ...error })))
  const table = tableText(rows, [
    { head: 'APP', of: (row) => row.appId },
    { head: 'CHANNEL', of: (row) => row.channel },
    { head: 'VERSION', of: (row) => row.configVersion },
    { head: 'AT', of: (row) => row.pointer },
    { head: 'WHAT', of: (row) => row.detail },
  ])
  return `${done}; ${found}:\n${table}`
}

export const command = defineAskingCommand({
  summary: 'Set the schema of an app or a template: JSON Schema 2020-12.',
  details:
    'All that is live under it is checked first; where something would break, nothing is changed (exit code 5).',
  takes: ['appId'],
  options: {
    file: { type: 'string', value: 'file', doc: 'JSON or YAML file with the schema; - or absent: stdin' },
    'dry-run': { type: 'boolean', doc: 'tell what would break, and change nothing' },
    force: { type: 'boolean', doc: 'as an administrator: although something live breaks it' },
    ...ifMatchOptions,
  },
  examples: ['parasol config schema set shop --file schema.json --dry-run'],
  run: async (given, { client, print }) => {
    const set = await client.ask('PUT /manage/v1/apps/{appId}/schema', {
      params: { appId: given.appId },
      body: {
        schema: await readObject(given.file ?? '-', '--file'),
        dryRun: given['dry-run'],
        force: given.force,
      },
      ifMatch: given['if-match'],
    })
    print.document(set, () => setText(set))
  },
})
