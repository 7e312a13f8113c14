import type { Previewed } from '../../../contract/preview.ts'
import { defineAskingCommand } from '../asking-command.ts'
import { oneLine } from '../output/terminal-text.ts'
import { diffText } from './diff-text.ts'
import { readContext } from './read-context.ts'
import { dataText, versionText } from './version-text.ts'

export const command = defineAskingCommand({
  summary: 'Show what one device would get, and why.',
  details:
    'Of a version that is not live it shows too what that changes for the device. An attribute that is not told is absent.',
  takes: ['appId', 'version?'],
  options: {
    context: {
      type: 'string',
      value: 'name=value,...',
      multiple: true,
      doc: 'what the device tells, with attributes of the app; may be repeated',
    },
    bucket: {
      type: 'integer',
      value: 'n',
      min: 0,
      max: 9999,
      doc: "the device's bucket, which percentages go by",
    },
    channel: { type: 'string', value: 'channel', doc: 'what is live there; else on stable' },
  },
  examples: [
    'parasol config preview shop --context platform=ios,appVersion=2.3.0 --bucket 1234',
    'parasol config preview shop 1.4.0 --context country=DE,language=de-AT,en',
  ],
  run: async ({ appId, version, context, bucket, channel }, { client, print }) => {
    const told = { ...readContext(context), ...(bucket !== undefined && { bucket }) }
    const preview = await client.ask('POST /manage/v1/apps/{appId}/preview', {
      params: { appId },
      body: { context: told, channel, configVersion: version },
    })
    print.document(preview, () => previewText(preview))
  },
})

const previewText = ({ config, why, diff }: Previewed): string => {
  const { update, varies, warnings = [], flags = {} } = config
  const more: [string, string][] = [
    ['update', update === 'none' ? '' : update],
    ['asks for', varies.join(', ')],
    ['ignored', warnings.map(({ parameter }) => parameter).join(', ')],
  ]
  const evaluated = Object.entries(flags).map(([key, { value, variant, reason }]) =>
    oneLine(`flag ${key}: ${variant ?? 'as the code says'} (${JSON.stringify(value) ?? reason})`),
  )
  const parts = [
    versionText(config, more),
    dataText(config.data),
    evaluated.join('\n'),
    why.overrides.map(overrideText).join('\n'),
    rolloutText(why.rollout),
    diff ? `For this device: ${diffText(diff)}` : '',
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

const overrideText = ({ name, layer, matched, why }: Previewed['why']['overrides'][number]): string => {
  const reasons = why.map(({ pointer, detail }) =>
    oneLine(`  ${pointer === '' ? '' : `${pointer}: `}${detail}`),
  )
  return [
    `${matched ? '+' : '-'} ${name} (${layer}) ${matched ? 'matches' : 'does not match'}`,
    ...reasons,
  ].join('\n')
}

const rolloutText = (rollout: Previewed['why']['rollout']): string =>
  rollout
    ? `Rollout ${rollout.rolloutId} is at ${rollout.percent} %: this device ${rollout.included ? 'is' : 'is not'} among them.`
    : 'No rollout is under way.'
