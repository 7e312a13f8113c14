import type { LiveChannel } from '../../../contract/app.ts'
import { defineAskingCommand } from '../asking-command.ts'
import type { Client } from '../client.ts'
import { appText } from './app-text.ts'
import { channelsText } from './channels-text.ts'

const channelsOf = async (client: Client, appId: string): Promise<LiveChannel[]> =>
  (await client.ask('GET /manage/v1/apps/{appId}/channels', { params: { appId } })).items

export const command = defineAskingCommand({
  summary: 'Show an app, and what is live on its channels.',
  details: 'With --json the app alone; "parasol apps channels" tells the rest.',
  takes: ['appId'],
  examples: ['parasol apps show shop'],
  run: async ({ appId }, { client, print }) => {
    const app = await client.ask('GET /manage/v1/apps/{appId}', { params: { appId } })
    const live = print.isJson ? [] : await channelsOf(client, appId)
    print.document(app, () => `${appText(app)}\n\n${channelsText(live)}`)
  },
})
