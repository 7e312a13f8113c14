import { beforeAll, expect, test } from 'vitest'
import type { FleetReleaseMade } from '../../contract/fleet.ts'
import { type Cli, fileOf } from './run.ts'

/** `parasol fleet`. */
export const fleet = (cli: () => Cli): void => {
  beforeAll(async () => {
    for (const appId of ['f.one', 'f.two']) {
      await cli().done('apps', 'create', appId, '--name', appId, '--label', 'fleet=f')
      await cli().done('config', 'save', appId, '1.0.0', '--file', fileOf({ api: 'https://a.example' }))
      await cli().done('config', 'release', appId, '1.0.0')
    }
  })

  const patch = fileOf({ api: 'https://b.example' })
  const chosen = ['fleet', 'release', '--label', 'fleet=f', '--patch', patch, '--reason', 'New API']

  test('a dry run tells for each app what would change, and does nothing', async () => {
    const dry = await cli().done(...chosen, '--dry-run', '--diffs')
    expect(dry.stdout).toMatch(/^f\.one +stable +released +1\.0\.0 -> 1\.0\.1 +patch$/m)
    expect(dry.stdout).toMatch(/\nf\.two\n~ \/data\/api: "https:\/\/a\.example" -> "https:\/\/b\.example"\n/)
    expect(dry.stdout).toMatch(/\nDry run, nothing was done: 2 released, 0 unchanged, 0 refused\.\n$/)
    expect((await cli().done('config', 'list', 'f.one', '--json')).jsonLines()).toHaveLength(1)
  })

  test('without a terminal to ask on it needs --yes', async () => {
    const { code, stdout, stderr } = await cli().run(chosen)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(
      /nothing was done: 2 released[^\n]+\nparasol: There is no terminal to ask on: look at the plan, then say --yes\.\n$/,
    )
  })

  test('releases in all, is listed and shown, and is taken back in all', async () => {
    const made = (await cli().done(...chosen, '--yes', '--json')).json<FleetReleaseMade>()
    const id = String(made.fleetReleaseId)
    expect(made.results.map(({ result }) => result)).toEqual(['released', 'released'])
    expect((await cli().done('fleet', 'list')).stdout).toMatch(
      new RegExp(`^${id} +2 .+ admin +New API$`, 'm'),
    )
    expect((await cli().done('fleet', 'show', id)).stdout).toMatch(
      /^f\.two +stable +released +1\.0\.0 -> 1\.0\.1 +\d+$/m,
    )
    const back = await cli().done('fleet', 'rollback', id, '--reason', 'Wrong API', '--yes')
    expect(back.stdout).toMatch(/^Fleet release \d+: 2 released, 0 unchanged, 0 refused\.$/m)
  })

  test('all or none: where one app is refused the dry run and the release say so with exit code 5', async () => {
    const args = ['fleet', 'release', '--app', 'f.one', '--app', 'f.two', '--version', '1.0.1']
    await cli().done('config', 'save', 'f.one', '7.0.0', '--file', fileOf({ seven: 7, api: 'x' }))
    const seven = ['fleet', 'release', '--label', 'fleet=f', '--version', '7.0.0']
    const dry = await cli().run([...seven, '--dry-run'])
    expect(dry.code).toBe(5)
    expect(dry.stdout).toMatch(/^APP .+\nf\.two +stable +refused /)
    expect(await cli().run([...seven, '--yes'])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('(fleet_release_refused, request '),
    })
    expect((await cli().run([...args, '--yes'])).code).toBe(0)
  })

  test.each([
    [['fleet', 'release', '--version', '1.0.0'], 'parasol: Choose apps by --app, --label or --extends.\n'],
    [['fleet', 'release', '--app', 'f.one'], 'parasol: Give one of --version, --promote-from and --patch.\n'],
  ])('%j is a wrong command line', async (args, stderr) => {
    expect(await cli().run(args)).toMatchObject({ code: 2, stdout: '', stderr })
  })
}
