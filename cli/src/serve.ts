import { environment } from '../../server/src/settings.ts'
import { defineCommand } from './command.ts'

export const command = defineCommand({
  summary: 'Start the server, until SIGTERM or SIGINT.',
  details: 'It is set by environment variables; "parasol settings" lists them.',
  examples: ['parasol serve', 'PARASOL_PORT=9000 DATABASE_URL=postgres://localhost/parasol parasol serve'],
  run: async () => {
    // The server's libraries are loaded here, so that no other command waits for them.
    const { main } = await import('../../server/src/main.ts')
    await main(environment())
    return undefined
  },
})
