import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { testEnvironment } from './environment.ts'
import { type Program, startProgram } from './program.ts'
import { readyDataDir } from './stores/embedded-cluster.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Fewer apps than the guide has: it is the commands that are tried here; bench measures how many they can take. */
const apps = '300'

/** Runs every command of a page, in its order, against a server of its own. */
export const follow = async (page: string): Promise<{ program: Program; stdout: string }> => {
  const guide = readFileSync(join(root, 'docs', page), 'utf8')
  const blocks = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, script]) => script ?? '')
  const program = await startProgram({
    env: { PARASOL_ADMIN_TOKEN: 'a-token-for-the-guide' },
    dataDir: await readyDataDir(),
  })
  const command = `node ${join(root, 'cli/src/parasol.js')}`
  // npm would start in the folder of the package, and takes long to start.
  const script = blocks.join('\n').replace('npm run --silent parasol --', command)
  expect(script).toContain(command)
  const ended = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: program.dataDir,
    encoding: 'utf8',
    env: {
      PATH: `${join(process.execPath, '..')}:${testEnvironment.path}`,
      HOME: program.dataDir,
      PARASOL_URL: program.url,
      PARASOL_TOKEN: 'a-token-for-the-guide',
      APPS: apps,
    },
  })
  expect(ended, `${ended.stdout.slice(-1_000)}${ended.stderr.slice(-3_000)}`).toMatchObject({ status: 0 })
  return { program, stdout: ended.stdout }
}
