import { defineAskingCommand } from '../asking-command.ts'
import { fieldLines } from '../output/table.ts'
import { diffText } from './diff-text.ts'

export const command = defineAskingCommand({
  summary: 'Show one release, and what it changed for clients.',
  takes: ['appId', 'revision'],
  options: {
    against: {
      type: 'integer',
      value: 'revision',
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      doc: 'another release to compare with; else what was live before',
    },
  },
  examples: ['parasol config changed shop 42', 'parasol config changed shop 42 --against 37'],
  run: async ({ appId, revision, against }, { client, print }) => {
    const release = await client.ask('GET /manage/v1/apps/{appId}/releases/{revision}', {
      params: { appId, revision },
      query: { against },
    })
    const fields = fieldLines([
      ['revision', release.revision],
      ['version', release.configVersion],
      ['channel', release.channel],
      ['kind', release.kind],
      ['rollout', release.rolloutId],
      ['fleet release', release.fleetReleaseId],
      ['released', `${release.releasedAt} by ${release.actor}`],
      ['reason', release.reason],
    ])
    print.document(release, () => `${fields}\n\n${diffText(release.diff)}`)
  },
})
