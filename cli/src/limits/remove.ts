import { defineAskingCommand } from '../asking-command.ts'
import { ifMatchOptions } from '../if-match.ts'
import { limitText } from './limit-text.ts'

export const command = defineAskingCommand({
  summary: 'Remove a rate limit, or an exception to one.',
  details: 'A policy goes after its exceptions. To end a limit for a while: parasol limits set --enabled no.',
  takes: ['name'],
  options: ifMatchOptions,
  examples: ['parasol limits remove burst.partner'],
  run: async ({ name, ...given }, { client, print }) => {
    const limit = await client.ask('DELETE /manage/v1/limits/{name}', {
      params: { name },
      ifMatch: given['if-match'],
    })
    print.document(limit, () => limitText(limit))
  },
})
