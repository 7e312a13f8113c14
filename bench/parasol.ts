import { join } from 'node:path'
import { freePort } from '../tests/stores/free-port.ts'
import { launch, type OwnProcess, start } from './own-process.ts'

export type Runtime = 'node' | 'bun'

export interface Parasol extends OwnProcess {
  url: string
  token: string
  port: number
}

interface ParasolOptions {
  runtime: Runtime
  dataDir: string
  core?: number
  env?: Record<string, string>
  /** What is run, with its arguments. */
  program?: readonly string[]
}

const root = join(import.meta.dirname, '..')
const token = 'a-token-of-the-benchmark-alone'

const command = (runtime: Runtime): string => join(root, 'node_modules/.bin', runtime)

const serve = [join(root, 'cli/src/parasol.js'), 'serve']

const recipe = ({ runtime, dataDir, core, env, program = serve }: ParasolOptions, port: number) => ({
  command: command(runtime),
  // As npm start has it.
  args: [...(runtime === 'node' ? ['--max-semi-space-size=8'] : []), ...program],
  ...(core !== undefined && { core }),
  env: {
    PARASOL_HOST: '127.0.0.1',
    PARASOL_PORT: String(port),
    PARASOL_DATA_DIR: dataDir,
    PARASOL_ADMIN_TOKEN: token,
    PARASOL_EXAMPLES: 'off',
    PARASOL_LOG_LEVEL: 'warn',
    // Far below what is measured here; the gateway has a limit of its own.
    PARASOL_RATE_LIMITS: 'off',
    ...env,
  },
})

const withAddress = (server: OwnProcess, port: number): Parasol => ({
  ...server,
  url: `http://127.0.0.1:${port}`,
  token,
  port,
})

/** Starts the whole program and resolves when it listens. */
export const startParasol = async (options: ParasolOptions): Promise<Parasol> => {
  const port = await freePort()
  return withAddress(await start({ ...recipe(options, port), port }), port)
}

/** Starts it without waiting, for whoever wants to see its first answer. */
export const launchParasol = async (options: ParasolOptions): Promise<Parasol> => {
  const port = await freePort()
  return withAddress(launch(recipe(options, port)), port)
}
