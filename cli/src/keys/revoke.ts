import { defineAskingCommand } from '../asking-command.ts'
import { keyText } from './key-text.ts'

export const command = defineAskingCommand({
  summary: 'Revoke a key, on every node within a second.',
  takes: ['keyId'],
  examples: ['parasol keys revoke k3v9x2m4p7q1'],
  run: async ({ keyId }, { client, print }) => {
    const key = await client.ask('DELETE /manage/v1/keys/{keyId}', { params: { keyId } })
    print.document(key, () => keyText(key))
  },
})
