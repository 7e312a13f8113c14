import { defineAskingCommand } from '../asking-command.ts'
import { UsageProblem } from '../command.ts'
import { ifMatchOptions } from '../if-match.ts'
import { appText } from './app-text.ts'

export const command = defineAskingCommand({
  summary: 'Tie an app to a template, or untie it.',
  details: 'Its config is then the template’s, patched by its own. It reaches clients with the next release.',
  takes: ['appId', 'template?'],
  options: { none: { type: 'boolean', doc: 'untie it' }, ...ifMatchOptions },
  examples: ['parasol apps extend shop storefront', 'parasol apps extend shop --none'],
  run: async ({ appId, template, none, ...given }, { client, print }) => {
    if ((template === undefined) !== none) throw new UsageProblem('Give either <template> or --none.')
    const app = await client.ask('PATCH /manage/v1/apps/{appId}', {
      params: { appId },
      body: { extends: template ?? null },
      ifMatch: given['if-match'],
    })
    print.document(app, () => appText(app))
  },
})
