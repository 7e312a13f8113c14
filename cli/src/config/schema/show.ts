import { defineAskingCommand } from '../../asking-command.ts'
import { appSchemaText } from './schema-text.ts'

export const command = defineAskingCommand({
  summary: 'Show the schema of an app, and those it inherits.',
  takes: ['appId'],
  examples: ['parasol config schema show shop', 'parasol config schema show shop --json | jq .schema'],
  run: async ({ appId }, { client, print }) => {
    const schema = await client.ask('GET /manage/v1/apps/{appId}/schema', { params: { appId } })
    print.document(schema, () => appSchemaText(schema))
  },
})
