import { defineAskingCommand } from '../asking-command.ts'
import { tableText } from '../output/table.ts'
import { versionText } from './version-text.ts'

/** The value at a JSON pointer. */
const valueAt = (root: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], root)

export const command = defineAskingCommand({
  summary: 'Show the config that clients get, each value with the layer it comes from.',
  takes: ['appId'],
  options: {
    channel: { type: 'string', value: 'channel', doc: 'what is live there; else on stable' },
    version: { type: 'string', value: 'version', doc: 'instead of what is live' },
    data: { type: 'boolean', doc: 'the data alone, as JSON' },
  },
  examples: ['parasol config effective shop --channel beta', 'parasol config effective shop --data'],
  run: async ({ appId, channel, version, data }, { client, print }) => {
    const config = await client.ask('GET /manage/v1/apps/{appId}/effective', {
      params: { appId },
      query: { channel, configVersion: version },
    })
    if (data) console.log(JSON.stringify(config.data, null, 2))
    else {
      const layers = config.layers.map((layer) => `${layer.appId} ${layer.configVersion}`).join(' <- ')
      const origins = tableText(Object.entries(config.origins), [
        { head: 'VALUE', of: ([pointer]) => pointer },
        { head: 'IS', of: ([pointer]) => JSON.stringify(valueAt(config, pointer)) },
        { head: 'FROM', of: ([, layer]) => layer },
      ])
      print.document(config, () => `${versionText(config, [['layers', layers]])}\n\n${origins}`)
    }
  },
})
