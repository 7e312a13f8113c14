import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { ImportSummary } from '../../contract/fleet.ts'
import { type Cli, fileOf } from './run.ts'

/** A folder of these files, of which the first gives its place. */
const folderOf = (files: Record<string, unknown>): string => {
  const folder = dirname(fileOf('', '.keep'))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return folder
}

const linesOf = (appIds: readonly string[]): string =>
  appIds.map((appId) => `${JSON.stringify({ type: 'app', appId, name: appId })}\n`).join('')

/** `parasol plan`, `apply`, `export` and `import`. */
export const fleetFiles = (cli: () => Cli): void => {
  const shop = {
    app: { appId: 'p.shop', name: 'Shop', extends: 'p.front', labels: { team: 'p' } },
    versions: [{ configVersion: '1.0.0', data: { retries: 3 } }],
    releases: [{ configVersion: '1.0.0', reason: 'Launch' }],
  }
  const front = `
app: { appId: p.front, name: Front, kind: template }
versions:
  - configVersion: 1.0.0
    data:
      theme: { primary: "#000" }
releases:
  - configVersion: 1.0.0
`
  const folder = folderOf({ 'a-shop.json': shop, 'templates/front.yaml': front })

  describe('a folder', () => {
    test('plan says what is to do, and does nothing; --exit-code tells it to scripts', async () => {
      const plan = await cli().done('plan', folder)
      expect(plan.stdout).toBe(
        [
          '+ app     p.front',
          '+ version p.front 1.0.0',
          '+ release p.front stable 1.0.0',
          '+ app     p.shop',
          '+ version p.shop 1.0.0',
          '+ release p.shop stable 1.0.0',
          'Plan: 6 to create, 0 to change, 0 unchanged, 0 refused.',
          '',
        ].join('\n'),
      )
      expect(await cli().run(['plan', folder, '--exit-code'])).toMatchObject({ code: 6 })
      expect(await cli().run(['apps', 'show', 'p.shop'])).toMatchObject({ code: 1 })
    })

    test('apply asks first; with --yes it does what the plan says; then there is nothing to do', async () => {
      expect(await cli().run(['apply', folder])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('There is no terminal to ask on: look at the plan, then say --yes.'),
      })
      const applied = await cli().done('apply', folder, '--yes')
      expect(applied.stdout).toBe('Done: 6 created, 0 changed, 0 unchanged, 0 refused.\n')
      const merged = await cli().done('config', 'effective', 'p.shop', '--data')
      expect(merged.json()).toEqual({ theme: { primary: '#000' }, retries: 3 })
      for (const args of [
        ['apply', folder, '--yes'],
        ['plan', folder, '--exit-code'],
      ]) {
        const again = await cli().done(...args)
        expect(again.stdout).toBe(`Nothing to do: all is as ${folder} says.\n`)
      }
    })

    test('a change is told and made; --json names the file and the place of each item', async () => {
      const next = { ...shop, app: { ...shop.app, name: 'The Shop' } }
      writeFileSync(join(folder, 'a-shop.json'), JSON.stringify(next))
      const plan = (await cli().done('plan', folder, '--json')).json<ImportSummary>()
      expect(plan).toMatchObject({ created: 0, changed: 1, unchanged: 5, refused: 0 })
      expect(plan.items).toEqual([
        {
          line: 4,
          type: 'app',
          id: 'p.shop',
          result: 'change',
          file: join(folder, 'a-shop.json'),
          at: '/app',
        },
      ])
      const applied = await cli().done('apply', folder, '--yes')
      expect(applied.stdout).toMatch(/^Done: 0 created, 1 changed, 5 unchanged/)
    })

    test('what would be refused is told with its file, and nothing is done', async () => {
      const other = { ...shop, versions: [{ configVersion: '1.0.0', data: { retries: 4 } }] }
      const changed = folderOf({ 'shop.json': other, 'new.json': { app: { appId: 'p.new', name: 'New' } } })
      const plan = await cli().run(['plan', changed])
      expect(plan.code).toBe(1)
      expect(plan.stdout).toMatch(/^! version p\.shop 1\.0\.0\n {4}\S+shop\.json \/versions\/0.*: .+$/m)
      const applied = await cli().run(['apply', changed, '--yes'])
      expect(applied).toMatchObject({ code: 1, stdout: '' })
      expect(applied.stderr).toMatch(/\nparasol: Nothing was done, because of what is refused above\.\n$/)
      expect(await cli().run(['apps', 'show', 'p.new'])).toMatchObject({ code: 1 })
    })

    test('files that are wrong are told all at once, without asking the server', async () => {
      const wrong = folderOf({
        'a.json': { app: { appId: 'a', name: 'A', lables: {} } },
        'b.yaml': 'app:\n  appId: b\n  appId: c\n',
      })
      const { code, stdout, stderr } = await cli().run(['plan', wrong])
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toContain(`${wrong}/a.json: /app/lables is not known here; check its spelling\n`)
      expect(stderr).toMatch(/b\.yaml: The text is not YAML .+ \(line 3, column 3\)\.\n$/)
    })
  })

  test('what export writes, import finds unchanged, and the next export is the same', async () => {
    await cli().done('config', 'save', 'p.shop', '2.0.0', '--file', fileOf({ waits: true }))
    const file = fileOf('', 'fleet.ndjson')
    expect((await cli().done('export', '--file', file)).stdout).toBe('')
    const text = readFileSync(file, 'utf8')
    expect(text).toContain('{"type":"app","appId":"p.shop","name":"The Shop",')
    const imported = await cli().done('import', file)
    expect(imported.stdout).toMatch(/^Done: 0 created, 0 changed, \d+ unchanged, 0 refused\.\n$/)
    expect((await cli().done('export')).stdout).toBe(text)
    expect((await cli().done('export', '--live')).stdout.length).toBeLessThan(text.length)
    expect(await cli().run(['export', '--file', '/nowhere/fleet.ndjson'])).toMatchObject({
      code: 1,
      stderr: "parasol: /nowhere/fleet.ndjson can't be written: there is no such file or folder.\n",
    })
  })

  test('a refused line of an import stops nothing but itself; it is told with its line, and exit code 1', async () => {
    const file = fileOf(
      `${linesOf(['i.one'])}{"type":"app","appId":"i two","name":""}\n\n{"type":\n${linesOf(['i.two'])}`,
    )
    expect((await cli().run(['import', file, '--dry-run'])).stdout).toMatch(
      /Plan: 2 to create, 0 to change, 0 unchanged, 2 refused\.\n$/,
    )
    const { code, stdout } = await cli().run(['import', file])
    expect(code).toBe(1)
    expect(stdout).toContain(`    ${file}:2 /appId: `)
    expect(stdout).toContain(`    ${file}:4: The text is not JSON`)
    expect(stdout).toMatch(/\nDone: 2 created, 0 changed, 0 unchanged, 2 refused\.\n$/)
    expect(await cli().run(['import', '/nowhere'])).toMatchObject({ code: 1, stdout: '' })
  })

  test('Ctrl-C in mid-import ends it after the lines under way with exit code 130, and the same command goes on', async () => {
    const appIds = Array.from({ length: 1200 }, (_, at) => `i.many.${at}`)
    const env = { PARASOL_URL: cli().url, PARASOL_TOKEN: cli().token }
    const ended = await cli().run(['import', '-'], {
      env,
      input: async (child) => {
        child.stdin.write(linesOf(appIds))
        const lastSent = ['apps', 'show', 'i.many.999', '--json']
        while ((await cli().run(lastSent)).code !== 0) await sleep(50)
        child.kill('SIGINT')
      },
    })
    expect(ended).toMatchObject({ code: 130, stdout: expect.stringContaining('Done: 1000 created, ') })
    expect(ended.stderr).toMatch(
      /^parasol: Interrupted after 1000 lines; the same command goes on where this ended\.\n$/m,
    )
    const again = await cli().run(['import', '-', '--json'], { env, input: linesOf(appIds) })
    expect(again.json<ImportSummary>()).toMatchObject({
      created: 200,
      unchanged: 1000,
      refused: 0,
      lines: 1200,
    })
  })
}
