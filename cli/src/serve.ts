import { enableCompileCache } from 'node:module'
import { parseArgs } from 'node:util'
import { environment } from '../../server/src/settings.ts'
import type { Command } from './command.ts'

export const command: Command = {
  usage: 'serve',
  summary: 'Start the server, until SIGTERM or SIGINT.',
  details: 'It is set by environment variables; "parasol settings" lists them.',
  run: async (args) => {
    parseArgs({ args, options: {} })
    // Compiled once, kept for the next start: half of the time until the first answer. Bun has no need and no such function.
    enableCompileCache?.()
    // The server's libraries are loaded here, so that no other command waits for them.
    const { main } = await import('../../server/src/main.ts')
    await main(environment())
    return undefined
  },
}
