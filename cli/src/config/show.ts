import type { ConfigVersion } from '../../../contract/config.ts'
import { defineAskingCommand } from '../asking-command.ts'
import type { Client } from '../client.ts'
import { Failure, UsageProblem } from '../command.ts'
import { contentText, versionText } from './version-text.ts'

/** The version that is live on a channel. */
const findLive = async (client: Client, appId: string, channel: string): Promise<string> => {
  const { items } = await client.ask('GET /manage/v1/apps/{appId}/channels', { params: { appId } })
  const live = items.find((item) => item.channel === channel)
  if (live) return live.configVersion
  throw new Failure(
    `Nothing is live on ${channel} of ${appId}; "parasol config list ${appId}" tells its versions.`,
  )
}

/** What a version says, as `config save --document` reads it. */
const documentOf = (config: ConfigVersion): object => {
  const { minimumAppVersion, recommendedAppVersion, deprecationDate, data, overrides, flags } = config
  return { minimumAppVersion, recommendedAppVersion, deprecationDate, data, overrides, flags }
}

export const command = defineAskingCommand({
  summary: 'Show a config version as it was saved.',
  details: 'What clients get, with the templates below it: "parasol config effective".',
  takes: ['appId', 'version?'],
  options: {
    channel: {
      type: 'string',
      value: 'channel',
      doc: 'instead of a version: what is live there; else on stable',
    },
    data: { type: 'boolean', doc: 'the data alone, as "config save --file" reads it' },
    document: { type: 'boolean', doc: 'all it says, as "config save --document" reads it' },
  },
  examples: [
    'parasol config show shop 1.4.0',
    'parasol config show shop --channel beta --document > shop.json',
  ],
  run: async ({ appId, channel, data, document, ...given }, { client, print }) => {
    if (given.version !== undefined && channel !== undefined) {
      throw new UsageProblem('Give either <version> or --channel.')
    }
    const version = given.version ?? (await findLive(client, appId, channel ?? 'stable'))
    const config = await client.ask('GET /manage/v1/apps/{appId}/configs/{version}', {
      params: { appId, version },
    })
    if (data || document) console.log(JSON.stringify(data ? config.data : documentOf(config), null, 2))
    else print.document(config, () => `${versionText(config)}\n\n${contentText(config)}`)
  },
})
