import { expect, test } from 'vitest'
import type { App } from '../../contract/app.ts'
import type { Cli } from './run.ts'

/** `parasol apps`. */
export const apps = (cli: () => Cli): void => {
  test('create, show, list and change tell what the app is now', async () => {
    await cli().done('apps', 'create', 'a.front', '--name', 'Front', '--template')
    const created = await cli().done(
      ...['apps', 'create', 'a.shop', '--name', 'Shop', '--extends', 'a.front'],
      ...['--label', 'team=commerce', '--label', 'tier=1'],
    )
    expect(created.stdout).toMatch(
      /^appId +a\.shop\n.*\nkind +app\nextends +a\.front\n.*\nlabels +team=commerce tier=1\n/,
    )
    await cli().done(
      'apps',
      'change',
      'a.shop',
      '--name',
      'The Shop',
      '--label',
      'tier=2',
      '--unlabel',
      'team',
    )
    const shown = await cli().done('apps', 'show', 'a.shop')
    expect(shown.stdout).toMatch(/name +The Shop\n[\s\S]*labels +tier=2\n[\s\S]*\n\nNothing is live\.\n$/)
    const listed = await cli().done('apps', 'list', '--search', 'a.')
    expect(listed.stdout).toBe(
      [
        'APP      NAME      KIND      EXTENDS  LABELS',
        'a.front  Front     template',
        'a.shop   The Shop  app       a.front  tier=2',
        '',
      ].join('\n'),
    )
  })

  test('create and change say who may read it, and show tells', async () => {
    const reading = ['--access', 'key', '--allowed-origins', 'https://a.example, https://*.example.org']
    const created = await cli().done('apps', 'create', 'r.closed', '--name', 'Closed', ...reading)
    expect(created.stdout).toMatch(
      /\naccess +key\nallowed origins +https:\/\/a\.example https:\/\/\*\.example\.org\n/,
    )
    const none = await cli().done('apps', 'change', 'r.closed', '--allowed-origins', 'none', '--json')
    expect(none.json<App>()).toMatchObject({ access: 'key', allowedOrigins: [] })
    const open = ['--access', 'public', '--allowed-origins', 'all', '--json']
    const changed = await cli().done('apps', 'change', 'r.closed', ...open)
    expect(changed.json<App>()).toMatchObject({ access: 'public', allowedOrigins: null })
  })

  test('--json prints the document of the API, and a list an item a line', async () => {
    const { revision, ...app } = (await cli().done('apps', 'show', 'a.shop', '--json')).json<App>()
    expect(app).toMatchObject({ appId: 'a.shop', extends: 'a.front', labels: { tier: '2' } })
    expect(revision).toBeGreaterThan(0)
    const items = (await cli().done('apps', 'list', '--search', 'a.', '--json')).jsonLines<App>()
    expect(items.map(({ appId }) => appId)).toEqual(['a.front', 'a.shop'])
    expect((await cli().done('apps', 'channels', 'a.shop', '--json')).json()).toEqual({ items: [] })
  })

  test('a list ends where it was asked to, and says on stderr that there is more', async () => {
    const one = await cli().done('apps', 'list', '--search', 'a.', '--limit', '1')
    expect(one.stdout.split('\n')).toHaveLength(3)
    expect(one.stderr).toBe('1 shown, and there is more: ask with --limit <n> or --all.\n')
    const all = await cli().done('apps', 'list', '--search', 'a.', '--all')
    expect({ lines: all.stdout.split('\n').length, stderr: all.stderr }).toEqual({ lines: 4, stderr: '' })
    const none = await cli().done('apps', 'list', '--label', 'no=such')
    expect(none).toMatchObject({ stdout: '', stderr: 'There is none.\n' })
  })

  test('extend ties and unties, clone copies, archive and restore go there and back', async () => {
    expect((await cli().done('apps', 'extend', 'a.shop', '--none')).stdout).not.toContain('extends')
    expect((await cli().done('apps', 'extend', 'a.shop', 'a.front')).stdout).toMatch(/^extends +a\.front$/m)
    const cloned = await cli().done('apps', 'clone', 'a.shop', 'a.copy', '--name', 'Copy', '--label', 'x=y')
    expect(cloned.stdout).toMatch(/^appId +a\.copy\nname +Copy\n/)
    expect((await cli().done('apps', 'archive', 'a.copy')).stdout).toMatch(/^state +archived since /m)
    expect((await cli().done('apps', 'restore', 'a.copy')).stdout).not.toContain('archived')
  })

  test.each([
    [
      ['apps', 'show', 'a.nobody'],
      1,
      /^parasol: There is no app a\.nobody\..+ \(app_not_found, request \w+\)\n$/,
    ],
    [['apps', 'create', 'a.shop', '--name', 'Again'], 5, /\(app_exists, request /],
    [['apps', 'change', 'a.shop', '--name', 'New', '--if-match', '1'], 5, /\(revision_mismatch, request /],
    [
      ['apps', 'create', 'a b', '--name', ''],
      1,
      /^parasol: 2 places need correction .+\n {2}\/appId: .+\n {2}\/name: .+\n$/,
    ],
    [['apps', 'change', 'a.shop'], 2, /^parasol: Name at least one thing to change\.\n$/],
    [['apps', 'extend', 'a.shop'], 2, /^parasol: Give either <template> or --none\.\n$/],
    [['apps', 'frob'], 2, /^parasol: There is no command "apps frob"\. Commands are list, show, /],
  ])('%j is refused with exit code %i', async (args, code, line) => {
    const result = await cli().run(args)
    expect(result).toMatchObject({ code, stdout: '' })
    expect(result.stderr).toMatch(line)
  })

  test('with --json a refusal is the problem of the API, on stderr', async () => {
    const { code, stdout, stderr } = await cli().run(['apps', 'show', 'a.nobody', '--json'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(JSON.parse(stderr)).toMatchObject({ code: 'app_not_found', status: 404 })
  })

  test('the same --idempotency-key does it once', async () => {
    const args = ['apps', 'create', 'a.once', '--name', 'Once', '--idempotency-key', 'cli-once', '--json']
    const [first, again] = [await cli().done(...args), await cli().done(...args)]
    expect(again.stdout).toBe(first.stdout)
  })
}
