import { beforeAll, expect, test } from 'vitest'
import type { ConfigVersion, EffectiveConfig } from '../../contract/config.ts'
import type { Release } from '../../contract/release.ts'
import { type Cli, fileOf } from './run.ts'

/** `parasol config`, and what asks across apps. */
export const config = (cli: () => Cli): void => {
  beforeAll(async () => {
    await cli().done('apps', 'create', 'c.front', '--name', 'Front', '--template')
    await cli().done('apps', 'create', 'c.shop', '--name', 'Shop', '--extends', 'c.front')
    const front = { theme: { primary: '#000', dark: false }, retries: 1 }
    await cli().done('config', 'save', 'c.front', '1.0.0', '--file', fileOf(front))
    await cli().done('config', 'release', 'c.front', '1.0.0')
  })

  const revisionOf = async (appId: string): Promise<number> =>
    (await cli().done('config', 'history', appId, '--json', '--limit', '1')).jsonLines<Release>()[0]
      ?.revision ?? 0

  test('save takes data from stdin or a file, as JSON or YAML, or a whole version', async () => {
    const first = await cli().run(
      ['config', 'save', 'c.shop', '1.0.0', '--min', '1.0.0', '--note', 'First'],
      {
        env: { PARASOL_URL: cli().url, PARASOL_TOKEN: cli().token },
        input: '{"theme":{"primary":"#fff"}}',
      },
    )
    expect(first.code, first.stderr).toBe(0)
    expect(first.stdout).toMatch(/To release it: parasol config release c\.shop 1\.0\.0\n$/)
    await cli().done('config', 'release', 'c.shop', '1.0.0', '--reason', 'Launch')
    const yaml = fileOf('theme:\n  primary: "#fff"\nsince: 2027-01-01\n', 'data.yaml')
    const second = await cli().done(
      'config',
      'save',
      'c.shop',
      '--bump',
      'auto',
      '--min',
      '1.0.0',
      '--file',
      yaml,
      '--json',
    )
    expect(second.json<ConfigVersion>()).toMatchObject({
      configVersion: '1.1.0',
      data: { theme: { primary: '#fff' }, since: '2027-01-01' },
    })
    const whole = fileOf({ data: { theme: { primary: '#fff' } }, note: 'Whole', minimumAppVersion: '1.0.0' })
    await cli().done(
      'config',
      'save',
      'c.shop',
      '2.0.0',
      '--document',
      whole,
      '--min',
      'none',
      '--note',
      'Ours',
    )
    const shown = (await cli().done('config', 'show', 'c.shop', '2.0.0', '--json')).json<ConfigVersion>()
    expect(shown).toMatchObject({ note: 'Ours', minimumAppVersion: null })
  })

  test('show, list, diff and effective say what a version is and what comes of it', async () => {
    const shown = await cli().done('config', 'show', 'c.shop', '1.0.0')
    expect(shown.stdout).toMatch(/minimumAppVersion +1\.0\.0\nnote +First\n[\s\S]+\n\n{\n {2}"theme": {/)
    const data = await cli().done('config', 'show', 'c.shop', '1.0.0', '--data')
    expect(data.json()).toEqual({ theme: { primary: '#fff' } })
    const live = await cli().done('config', 'show', 'c.shop', '--document')
    expect(live.json()).toEqual({ minimumAppVersion: '1.0.0', data: { theme: { primary: '#fff' } } })
    const listed = (await cli().done('config', 'list', 'c.shop')).stdout.split('\n')
    expect(listed.slice(0, -1).map((line) => line.split(' ')[0])).toEqual([
      'VERSION',
      '2.0.0',
      '1.1.0',
      '1.0.0',
    ])
    const diff = await cli().done('config', 'diff', 'c.shop', '1.1.0')
    expect(diff.stdout).toBe('1.0.0 -> 1.1.0: 1 change, a minor step.\n+ /data/since: "2027-01-01"\n')
    const none = await cli().done('config', 'diff', 'c.shop', '1.0.0', '--against', '1.0.0', '--own')
    expect(none.stdout).toBe('1.0.0 -> 1.0.0: no change.\n')
    const effective = await cli().done('config', 'effective', 'c.shop')
    expect(effective.stdout).toMatch(/^layers +c\.front 1\.0\.0 <- c\.shop 1\.0\.0$/m)
    expect(effective.stdout).toMatch(/^\/data\/theme\/primary +"#fff" +c\.shop$/m)
    expect(effective.stdout).toMatch(/^\/data\/retries +1 +c\.front$/m)
    const merged = await cli().done('config', 'effective', 'c.shop', '--data')
    expect(merged.json()).toEqual({ theme: { primary: '#fff', dark: false }, retries: 1 })
    const own = (
      await cli().done('config', 'effective', 'c.shop', '--version', '1.1.0', '--json')
    ).json<EffectiveConfig>()
    expect(own.origins['/data/since']).toBe('c.shop')
  })

  test('release, promote and rollback each make a release, and history tells them', async () => {
    const live = await revisionOf('c.shop')
    const beta = await cli().done('config', 'release', 'c.shop', '1.1.0', '--channel', 'beta')
    expect(beta.stdout).toMatch(/^c\.shop 1\.1\.0 is live on beta \(revision \d+\)\.\n$/)
    const promoted = await cli().done(
      'config',
      'promote',
      'c.shop',
      '--from',
      'beta',
      '--if-match',
      String(live),
    )
    expect(promoted.stdout).toContain(`, before ${live}).`)
    const back = await cli().done('config', 'rollback', 'c.shop', String(live), '--reason', 'Crashes')
    expect(back.stdout).toMatch(/^c\.shop 1\.0\.0 is live on stable /)
    const lines = (await cli().done('config', 'history', 'c.shop', '--channel', 'stable')).stdout.split('\n')
    expect(lines[1]).toMatch(/ 1\.0\.0 +1\.0\.0 +rollback .+ admin +Crashes$/)
    const changed = await cli().done('config', 'changed', 'c.shop', String(await revisionOf('c.shop')))
    expect(changed.stdout).toMatch(/^kind +rollback$/m)
    expect(changed.stdout).toMatch(/^- \/data\/since: "2027-01-01"$/m)
  })

  test('the release of a template tells whom it reaches', async () => {
    const next = { theme: { primary: '#000', dark: true }, retries: 1 }
    await cli().done('config', 'save', 'c.front', '1.0.1', '--file', fileOf(next))
    const made = await cli().done('config', 'release', 'c.front', '1.0.1')
    expect(made.stdout).toMatch(/\nIt reaches 1 app on 2 channels\.\n$/)
  })

  test('preview tells why, and what a version that is not live would change for the device', async () => {
    const overrides = [
      { name: 'ios-off', when: { '==': [{ var: 'platform' }, 'ios'] }, data: { scanner: false } },
      { name: 'trial', rollout: 0, data: { trial: true } },
    ]
    await cli().done('apps', 'create', 'c.aim', '--name', 'Aim')
    await cli().done('config', 'save', 'c.aim', '1.0.0', '--file', fileOf({ scanner: true }))
    await cli().done('config', 'release', 'c.aim', '1.0.0')
    await cli().done(
      ...['config', 'save', 'c.aim', '1.1.0'],
      ...['--document', fileOf({ data: { scanner: true }, overrides })],
    )
    const ios = await cli().done(
      'config',
      'preview',
      'c.aim',
      '1.1.0',
      '--context',
      'platform=iPadOS,language=de,en',
    )
    expect(ios.stdout).toContain('"scanner": false')
    expect(ios.stdout).toMatch(/\n\+ ios-off \(c\.aim\) matches\n {2}\/when: platform is ios\n/)
    expect(ios.stdout).toMatch(
      /\n- trial \(c\.aim\) does not match\n {2}\/rollout: the bucket is absent, and the rollout/,
    )
    expect(ios.stdout).toMatch(
      /\nFor this device: 1\.0\.0 -> 1\.1\.0: 1 change, a patch step\.\n.*\/data\/scanner/,
    )
    const json = await cli().done(
      'config',
      'preview',
      'c.aim',
      '--context',
      'platform=web',
      '--bucket',
      '7',
      '--json',
    )
    expect(json.json()).toMatchObject({ config: { configVersion: '1.0.0' }, diff: null })
    const wrong = await cli().run(['config', 'preview', 'c.aim', '--context', 'ios'])
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('platform=ios,appVersion=2.3.0') })
  })

  test('preview, where-used and deprecations ask across layers and apps', async () => {
    const preview = await cli().done('config', 'preview', 'c.shop', '--bucket', '12')
    expect(preview.stdout).toMatch(/"dark": true[\s\S]+\n\nNo rollout is under way\.\n$/)
    const unknown = await cli().run(['config', 'preview', 'c.shop', '--context', 'paln=free'])
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('/context/paln') })
    const used = await cli().done('where-used', '/theme/dark', '--extends', 'c.front')
    expect(used.stdout).toMatch(/^APP +FROM +REVISION +VALUE\nc\.shop +c\.front +\d+ +true\n$/)
    await cli().done('apps', 'create', 'c.bare', '--name', 'Bare', '--extends', 'c.front')
    await cli().done('config', 'save', 'c.bare', '1.0.0', '--file', fileOf({ theme: { dark: null } }))
    await cli().done('config', 'release', 'c.bare', '1.0.0')
    const removed = await cli().done('where-used', '/theme/dark', '--extends', 'c.front')
    expect(removed.stdout).toMatch(/^APP +FROM +REVISION +VALUE\nc\.bare +itself +\d+ +\(removed\)\n/)
    const old = [
      'config',
      'save',
      'c.shop',
      '2.1.0',
      '--deprecated',
      '2020-01-01',
      '--file',
      fileOf({ old: true }),
    ]
    await cli().done(...old)
    await cli().done('config', 'release', 'c.shop', '2.1.0', '--channel', 'old')
    const deprecated = await cli().done('deprecations', '--within', '1')
    expect(deprecated.stdout).toMatch(/^c\.shop +old +2\.1\.0 +2020-01-01 +past$/m)
  })

  test('schema set, show and remove; one that would break what is live is not set', async () => {
    const strict = fileOf({ type: 'object', required: ['apiUrl'] })
    const dry = await cli().done('config', 'schema', 'set', 'c.shop', '--file', strict, '--dry-run')
    expect(dry.stdout).toMatch(/^Nothing was changed; of 3 live configs 3 would break it:\nAPP /)
    expect(await cli().run(['config', 'schema', 'set', 'c.shop', '--file', strict])).toMatchObject({
      code: 5,
    })
    const loose = fileOf('type: object\nproperties:\n  retries: { type: integer }\n', 'schema.yaml')
    const set = await cli().done('config', 'schema', 'set', 'c.shop', '--file', loose)
    expect(set.stdout).toBe('The schema of c.shop is set; of 3 live configs 0 would break it.\n')
    const shown = await cli().done('config', 'schema', 'show', 'c.shop')
    expect(shown.stdout).toMatch(/^Of c\.shop:\n{\n/)
    const removed = await cli().done('config', 'schema', 'remove', 'c.shop')
    expect(removed.stdout).toBe('c.shop has no schema of its own.\n')
  })

  test.each([
    [['save', 'c.shop', '1.0.0', '--file', fileOf({})], 5, /\(version_exists, request /],
    [
      ['save', 'c.shop', '3.0.0', '--document', fileOf({ dta: {} })],
      1,
      /\n {2}\/dta: this field is not known here/,
    ],
    [['save', 'c.shop', '3.0.0', '--document', 'a', '--file', 'b'], 2, /^parasol: Give either --file, /],
    [
      ['save', 'c.shop', '3.0.0', '--file', fileOf('a: 1\nb: [', 'x.yml')],
      1,
      /x\.yml: .+ not YAML .+\(line 2, /,
    ],
    [['release', 'c.shop', '1.0.0', '--if-match', '1'], 5, /\(revision_mismatch, request /],
    [
      ['release', 'c.shop', '1.0.0', '--rollout', '{"growth":'],
      2,
      /^parasol: --rollout: The text is not JSON/,
    ],
    [['release', 'c.shop', '1.0.0', '--rollout', 'Slowly'], 1, /\/rollout: .+Canary10Percent20Minutes/],
    [['show', 'c.shop', '--channel', 'none'], 1, /^parasol: Nothing is live on none of c\.shop; /],
    [['rollback', 'c.shop', 'first'], 2, /^parasol: <revision> is a number; /],
  ])('config %j is refused with exit code %i', async (args, code, line) => {
    const result = await cli().run(['config', ...args])
    expect(result).toMatchObject({ code, stdout: '' })
    expect(result.stderr).toMatch(line)
  })
}
