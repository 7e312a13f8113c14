import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { testEnvironment } from './environment.ts'
import { startProgram } from './program.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const guide = readFileSync(join(root, 'docs/from-one-app-to-ten-thousand.md'), 'utf8')
const blocks = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, script]) => script ?? '')

/** Fewer apps than the guide has: it is the commands that are tried here; bench measures how many they can take. */
const apps = '300'

it('has a guide whose commands all do what it says, in their order', async () => {
  const program = await startProgram({ env: { PARASOL_ADMIN_TOKEN: 'a-token-for-the-guide' } })
  const command = `node ${join(root, 'cli/src/parasol.ts')}`
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
  expect(ended, ended.stderr.slice(-3_000)).toMatchObject({ status: 0 })
  expect(ended.stdout).toContain('+ /data/opensAt: "07:00"')
  expect(ended.stdout.match(/refused/g)?.length).toBeGreaterThanOrEqual(2)
  expect(existsSync(join(program.dataDir, 'walk/backup.ndjson'))).toBe(true)
  const stall = await fetch(`${program.url}/v1/api/config/stall-300`)
  expect(await stall.json()).toMatchObject({
    data: { api: 'https://api2.example.com', theme: { primary: '#8a4b08' }, stall: 300 },
  })
  await program.kill()
}, 180_000)
