import { defineAskingCommand } from '../asking-command.ts'
import { newKeyText } from './key-text.ts'

export const command = defineAskingCommand({
  summary: 'Replace a key by a new one; the old one counts for a while.',
  takes: ['keyId'],
  options: {
    overlap: {
      type: 'integer',
      value: 'seconds',
      min: 0,
      max: 2_592_000,
      doc: 'how long the old one still counts; else a day',
    },
  },
  examples: ['parasol keys rotate k3v9x2m4p7q1 --overlap 3600'],
  run: async ({ keyId, overlap }, { client, print }) => {
    const key = await client.ask('POST /manage/v1/keys/{keyId}/rotate', {
      params: { keyId },
      body: { overlapSeconds: overlap },
    })
    print.document(key, () => newKeyText(key))
  },
})
