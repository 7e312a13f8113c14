import { defineAskingCommand } from '../asking-command.ts'
import { listOptions, showList } from '../output/show-list.ts'
import { labelsText, readLabels } from './labels.ts'

export const command = defineAskingCommand({
  summary: 'List apps and templates, by appId.',
  options: {
    search: { type: 'string', value: 'text', doc: 'the beginning of the appId or of the name' },
    label: { type: 'string', value: 'name=value', doc: 'only those with this label' },
    extends: { type: 'string', value: 'template', doc: 'only those that extend it directly' },
    kind: { type: 'choice', of: ['app', 'template'], doc: 'only those of one kind' },
    archived: { type: 'choice', of: ['true', 'false'], doc: 'only archived ones, or only live ones' },
    ...listOptions,
  },
  examples: ['parasol apps list --label team=commerce', 'parasol apps list --json | jq -r .appId'],
  run: async (given, session) => {
    const { search, kind, archived } = given
    const [label] = Object.entries(given.label === undefined ? {} : readLabels([given.label]))
    const query = { search, kind, archived, extends: given.extends, label: label?.join(':') }
    await showList(session, given, 'GET /manage/v1/apps', { query }, [
      { head: 'APP', of: (app) => app.appId },
      { head: 'NAME', of: (app) => app.name },
      { head: 'KIND', of: (app) => (app.archivedAt ? 'archived' : app.kind) },
      { head: 'EXTENDS', of: (app) => app.extends },
      { head: 'LABELS', of: (app) => labelsText(app.labels) },
    ])
  },
})
