import { defineAskingCommand } from '../asking-command.ts'
import { dataText, versionText } from './version-text.ts'

export const command = defineAskingCommand({
  summary: 'Show a config version as it was saved.',
  details: 'What clients get, with the templates below it: "parasol config effective".',
  takes: ['appId', 'version'],
  options: { data: { type: 'boolean', doc: 'the data alone, as JSON' } },
  examples: ['parasol config show shop 1.4.0', 'parasol config show shop 1.4.0 --data > config.json'],
  run: async ({ appId, version, data }, { client, print }) => {
    const config = await client.ask('GET /manage/v1/apps/{appId}/configs/{version}', {
      params: { appId, version },
    })
    if (data) console.log(JSON.stringify(config.data, null, 2))
    else print.document(config, () => `${versionText(config)}\n\n${dataText(config.data)}`)
  },
})
