import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { testEnvironment } from './environment.ts'
import { type Program, startProgram } from './program.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Fewer apps than the guide has: it is the commands that are tried here; bench measures how many they can take. */
const apps = '300'

/** Runs every command of a page, in its order, against a server of its own. */
const follow = async (page: string): Promise<{ program: Program; stdout: string }> => {
  const guide = readFileSync(join(root, 'docs', page), 'utf8')
  const blocks = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, script]) => script ?? '')
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
  expect(ended, `${ended.stdout.slice(-1_000)}${ended.stderr.slice(-3_000)}`).toMatchObject({ status: 0 })
  return { program, stdout: ended.stdout }
}

it('has a guide from one app to ten thousand whose commands all do what it says', async () => {
  const { program, stdout } = await follow('from-one-app-to-ten-thousand.md')
  expect(stdout).toContain('+ /data/opensAt: "07:00"')
  expect(stdout.match(/refused/g)?.length).toBeGreaterThanOrEqual(2)
  expect(existsSync(join(program.dataDir, 'walk/backup.ndjson'))).toBe(true)
  const stall = await fetch(`${program.url}/v1/api/config/stall-300`)
  expect(await stall.json()).toMatchObject({
    data: { api: 'https://api2.example.com', theme: { primary: '#8a4b08' }, stall: 300 },
  })
  await program.kill()
}, 180_000)

it('has a guide to targeting whose commands all do what it says', async () => {
  const { program, stdout } = await follow('target-a-release.md')
  const answers = stdout.split('\n').filter((line) => line.startsWith('{"appId":"cinema"'))
  const [first, bad, good, german, marathi] = answers.map((line) => JSON.parse(line))
  expect(first).toMatchObject({ overrides: [], varies: [], data: { greeting: 'Welcome' } })
  expect(bad).toMatchObject({
    overrides: ['scanner-crash-ios-2.3.0'],
    data: { features: { scanner: false } },
  })
  expect(good).toMatchObject({ overrides: [], data: { features: { scanner: true } } })
  expect(german).toMatchObject({ overrides: ['germany', 'welsh'], data: { greeting: 'Croeso' } })
  expect(marathi).toMatchObject({ overrides: ['marathi'], data: { greeting: 'स्वागत' } })
  expect(JSON.parse(answers.at(-1) ?? '').data.imprint).toBe('https://legal.example.com/impressum')
  expect(stdout.match(/refused, as it should be/g)).toHaveLength(2)
  await program.kill()
}, 180_000)
