import { defineAskingCommand } from '../../asking-command.ts'
import { ifMatchOptions } from '../../if-match.ts'
import { appSchemaText } from './schema-text.ts'

export const command = defineAskingCommand({
  summary: 'Remove the schema of an app; those it inherits hold on.',
  takes: ['appId'],
  options: ifMatchOptions,
  examples: ['parasol config schema remove shop'],
  run: async ({ appId, ...given }, { client, print }) => {
    const schema = await client.ask('DELETE /manage/v1/apps/{appId}/schema', {
      params: { appId },
      ifMatch: given['if-match'],
    })
    print.document(schema, () => appSchemaText(schema))
  },
})
