import { run } from '../server/src/main.ts'
import { environment, readSettings } from '../server/src/settings.ts'

/** One gateway as the environment says, and one that counts nothing at the port that is the argument. */
const env = environment()
const [, , port = ''] = process.argv
await run(readSettings({ ...env, PARASOL_PORT: port, PARASOL_ANALYTICS: 'off' }))
await run(readSettings(env))
