import { defineAskingCommand } from '../asking-command.ts'
import { diffText } from './diff-text.ts'

export const command = defineAskingCommand({
  summary: 'Show what a version changes.',
  takes: ['appId', 'version'],
  options: {
    against: { type: 'string', value: 'version', doc: 'another version; else what is live on stable' },
    own: { type: 'boolean', doc: 'compare what the app itself says, not what clients get' },
  },
  examples: ['parasol config diff shop 1.4.0', 'parasol config diff shop 1.4.0 --against 1.3.0 --own'],
  run: async ({ appId, version, against, own }, { client, print }) => {
    const diff = await client.ask('GET /manage/v1/apps/{appId}/configs/{version}/diff', {
      params: { appId, version },
      query: { against, ...(own && { data: 'own' }) },
    })
    print.document(diff, () => diffText(diff))
  },
})
