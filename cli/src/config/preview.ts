import { defineAskingCommand } from '../asking-command.ts'
import { dataText, versionText } from './version-text.ts'

export const command = defineAskingCommand({
  summary: 'Show what one device would get, and why.',
  takes: ['appId'],
  options: {
    bucket: {
      type: 'integer',
      value: 'n',
      min: 0,
      max: 9999,
      doc: "the device's bucket, which rollouts go by",
    },
    channel: { type: 'string', value: 'channel', doc: 'what is live there; else on stable' },
    version: { type: 'string', value: 'version', doc: 'instead of what is live' },
  },
  examples: ['parasol config preview shop --bucket 1234'],
  run: async ({ appId, bucket, channel, version }, { client, print }) => {
    const preview = await client.ask('POST /manage/v1/apps/{appId}/preview', {
      params: { appId },
      body: { context: { bucket }, channel, configVersion: version },
    })
    const { config, why } = preview
    const rollout = why.rollout
      ? `Rollout ${why.rollout.rolloutId} is at ${why.rollout.percent} %: this device ${why.rollout.included ? 'is' : 'is not'} among them.`
      : 'No rollout is under way.'
    print.document(preview, () => `${versionText(config)}\n\n${dataText(config.data)}\n\n${rollout}`)
  },
})
