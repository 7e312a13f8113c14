import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../../contract/app.ts'
import type { ConfigVersion, SavedVersion } from '../../contract/config.ts'
import { type Cli, fileOf } from './run.ts'

const attributes = { plan: { type: 'string', description: 'free or paid' } }
const isPaid = { '==': [{ var: 'plan' }, 'paid'] }
const rules = {
  overrides: [{ name: 'paid', when: isPaid, data: { ads: null } }],
  flags: { search: { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' } },
}

/** Overrides, flags, and what an app tells them: with every command that carries them. */
export const targeting = (cli: () => Cli): void => {
  test('apps create and change take attributes as a file or as JSON, and how long devices wait', async () => {
    const created = await cli().done(
      ...['apps', 'create', 'r.shop', '--name', 'Shop', '--poll-seconds', '60'],
      ...['--attributes', fileOf(attributes)],
    )
    expect(created.stdout).toMatch(/^attributes +plan \(string\)\npoll seconds +60$/m)
    const yaml = fileOf('plan: { type: string }\nbuild: { type: version }\n', 'attributes.yaml')
    const more = await cli().done('apps', 'change', 'r.shop', '--attributes', yaml)
    expect(more.stdout).toMatch(/^attributes +(?=.*plan \(string\))(?=.*build \(version\))/m)
    const args = ['--attributes', JSON.stringify(attributes), '--poll-seconds', 'none', '--json']
    const app = (await cli().done('apps', 'change', 'r.shop', ...args)).json<App>()
    expect(app).toMatchObject({ attributes, pollSeconds: null })
    expect(Object.keys(app.attributes)).toEqual(['plan'])
  })

  test.each<[args: string[], code: number, line: RegExp]>([
    [['--poll-seconds', 'often'], 2, /--poll-seconds is "often", but it must be a number of seconds/],
    [['--poll-seconds', '5'], 1, /\/pollSeconds: /],
    [['--attributes', '{"plan":'], 1, /^parasol: --attributes: The text is not JSON/],
    [['--attributes', '{"plan": {"type": "date"}}'], 1, /\/attributes\/plan\/type: /],
    [['--attributes', 'none.json'], 1, /none\.json can't be read/],
  ])('apps change %j is refused with exit code %i', async (args, code, line) => {
    const refused = await cli().run(['apps', 'change', 'r.shop', ...args])
    expect(refused).toMatchObject({ code, stdout: '' })
    expect(refused.stderr).toMatch(line)
  })

  describe('a version', () => {
    beforeAll(async () => {
      const version = fileOf({ data: { ads: true, search: 1 }, ...rules })
      const saved = await cli().done('config', 'save', 'r.shop', '1.0.0', '--document', version)
      expect(saved.stderr).toBe(
        'Warning: /flags/search: a flag and a key of the data have the name search; OpenFeature clients get the flag\n',
      )
      await cli().done('config', 'release', 'r.shop', '1.0.0')
    })

    test('is shown with its overrides and flags, and --document is all that save needs', async () => {
      const shown = await cli().done('config', 'show', 'r.shop', '1.0.0')
      expect(shown.stdout).toMatch(/\n\noverrides\n\[\n[\s\S]+\n\]\n\nflags\n\{\n/)
      const document = await cli().done('config', 'show', 'r.shop', '--document')
      expect(document.json()).toEqual({ data: { ads: true, search: 1 }, ...rules })
      const again = fileOf(document.stdout)
      const saved = await cli().done(
        ...['config', 'save', 'r.shop', '--bump', 'auto', '--document', again, '--json'],
      )
      expect(saved.json<SavedVersion>()).toMatchObject({
        ...{ configVersion: '1.0.1', ...rules },
        warnings: [{ pointer: '/flags/search', code: 'hides_key' }],
      })
      expect(saved.stderr).toBe('')
    })

    test('is compared by them, and effective tells whose they are', async () => {
      const other = { data: { ads: true, search: 1 }, overrides: [{ ...rules.overrides[0], rollout: 5 }] }
      const saving = ['config', 'save', 'r.shop', '--bump', 'auto', '--document', fileOf(other), '--json']
      const { configVersion } = (await cli().done(...saving)).json<ConfigVersion>()
      expect(configVersion).toBe('2.0.0')
      const diff = await cli().done('config', 'diff', 'r.shop', configVersion)
      expect(diff.stdout).toMatch(
        /^1\.0\.0 -> 2\.0\.0: 2 changes, a major step\.\n\+ \/overrides\/0\/rollout: 5\n- \/flags: /,
      )
      const effective = await cli().done('config', 'effective', 'r.shop')
      expect(effective.stdout).toMatch(/^\/overrides\/0 +\{"data":.+ r\.shop$/m)
      expect(effective.stdout).toMatch(/^\/flags\/search +\{.+ r\.shop$/m)
      const used = await cli().done('where-used', '/ads')
      expect(used.stdout).toMatch(/^r\.shop +itself, override paid +\d+ +\(removed\)$/m)
    })

    test('with a rule that cannot be used is refused, with its place', async () => {
      const unknown = { name: 'x', when: { '==': [{ var: 'nobody' }, 1] }, data: {} }
      const version = fileOf({ data: {}, overrides: [unknown] })
      const refused = await cli().run(['config', 'save', 'r.shop', '--bump', 'auto', '--document', version])
      expect(refused).toMatchObject({ code: 1, stdout: '' })
      expect(refused.stderr).toMatch(/\/overrides\/0\/when.*nobody[\s\S]*invalid_rule/)
    })
  })

  test('a folder holds them, in JSON and YAML; applied, there is nothing left to do', async () => {
    const folder = dirname(fileOf('', '.keep'))
    mkdirSync(join(folder, 'apps'), { recursive: true })
    const json = {
      app: { appId: 'r.json', name: 'JSON', attributes, pollSeconds: 60 },
      versions: [{ configVersion: '1.0.0', data: { ads: true }, ...rules }],
      releases: [{ configVersion: '1.0.0' }],
    }
    const yaml = `
app:
  appId: r.yaml
  name: YAML
  attributes: { plan: { type: string } }
versions:
  - configVersion: 1.0.0
    data: { ads: true }
    overrides:
      - name: paid
        when: { "==": [{ var: plan }, paid] }
        rollout: 12.5
        data: { ads: null }
releases:
  - configVersion: 1.0.0
`
    writeFileSync(join(folder, 'apps', 'json.json'), JSON.stringify(json))
    writeFileSync(join(folder, 'yaml.yaml'), yaml)
    await cli().done('apply', folder, '--yes')
    expect((await cli().done('apply', folder, '--yes')).stdout).toBe(
      `Nothing to do: all is as ${folder} says.\n`,
    )
    const live = await cli().done('config', 'show', 'r.yaml', '--json')
    expect(live.json()).toMatchObject({ overrides: [{ name: 'paid', when: isPaid, rollout: 12.5 }] })
    writeFileSync(
      join(folder, 'yaml.yaml'),
      yaml.replace('var: plan', 'var: nobody').replace('1.0.0', '1.1.0'),
    )
    const plan = await cli().run(['plan', folder])
    expect(plan.stdout).toMatch(/^! version r\.yaml 1\.1\.0\n.+ \/versions\/0 \/overrides\/0\/when.+nobody/m)
  })
}
