import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { exitCodes } from './command.ts'

const script = fileURLToPath(new URL('parasol.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'parasol-cli-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs the real command line in an environment that holds `env` alone. */
const parasol = (args: string[], env: Record<string, string> = {}) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    env: { PARASOL_DATA_DIR: join(folder, 'data'), ...env },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe('help', () => {
  test('lists every command', () => {
    const { status, stdout } = parasol(['--help'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/usage: parasol <command>/)
    for (const code of Object.values(exitCodes)) expect(stdout).toMatch(new RegExp(`[:;]\\s${code} \\w`))
    for (const command of ['serve', 'migrate', 'settings', 'apps ...', 'plan'])
      expect(stdout).toContain(`\n  ${command}`)
  })

  test('without a command is the same, with exit code 2', () => {
    expect(parasol([])).toEqual({ ...parasol(['--help']), status: 2 })
  })

  test.each(['serve', 'migrate', 'settings'])('of %s is its own', (name) => {
    const { status, stdout } = parasol([name, '--help'])
    expect(status).toBe(0)
    expect(stdout).toContain(`usage: parasol ${name}`)
  })

  test('--version prints the version alone', () => {
    expect(parasol(['--version'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
  })
})

describe('a wrong command line is one clear line and exit code 2', () => {
  test.each([
    [['frob'], 'parasol: There is no command "frob". Commands are serve, migrate, settings, apps, '],
    [['settings', '--frob'], "parasol: Unknown option '--frob'"],
    [['serve', 'now'], "parasol: Unexpected argument 'now'"],
    [['config', 'save', 'a1'], 'parasol: Give a <version>, or --bump to take the next one'],
    [['migrate', '--dry-run'], "parasol: Unknown option '--dry-run'"],
  ])('%j', (args, line) => {
    const { status, stdout, stderr } = parasol(args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(line)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})

test.each([
  [['apps', 'list', '--frob', '--json'], 'misused', "Unknown option '--frob'"],
  [['plan', '/nowhere', '--json'], 'failed', "/nowhere can't be read: there is no such file or folder."],
])('%j tells what is wrong as one JSON object on stderr', (args, code, detail) => {
  const { stdout, stderr } = parasol(args)
  expect(stdout).toBe('')
  expect(JSON.parse(stderr)).toEqual({ code, detail: expect.stringContaining(detail) })
})

describe('settings', () => {
  test('lists what there is', () => {
    const { status, stdout } = parasol(['settings'])
    expect(status).toBe(0)
    expect(stdout).toContain('PARASOL_PORT=8080\n    Port to listen on')
  })

  test('--json lists the same as JSON', () => {
    const rows = JSON.parse(parasol(['settings', '--json']).stdout)
    expect(rows).toContainEqual(expect.objectContaining({ name: 'PARASOL_PORT', default: '8080' }))
  })

  test('--dump prints what is in force, secrets masked', () => {
    const { status, stdout } = parasol(['settings', '--dump'], {
      PORT: '9000',
      PARASOL_ADMIN_TOKEN: 'sixteen-or-more-letters',
    })
    expect(status).toBe(0)
    expect(stdout).toMatch(/^PARASOL_PORT=9000 +environment$/m)
    expect(stdout).toMatch(/^PARASOL_ADMIN_TOKEN=\*{8} +environment$/m)
    expect(stdout).toMatch(/^PARASOL_HOST=0\.0\.0\.0 +default$/m)
    expect(stdout).not.toContain('sixteen')
  })

  test('--dump --json prints the same as JSON', () => {
    const rows = JSON.parse(parasol(['settings', '--dump', '--json'], { PARASOL_PORT: '0' }).stdout)
    expect(rows).toContainEqual({ name: 'PARASOL_PORT', value: '0', origin: 'environment' })
  })
})

test.each(['serve', 'migrate'])('%s refuses wrong settings, all in one go, without a stack trace', (name) => {
  const { status, stderr } = parasol([name], { PARASOL_PORTT: '1', PARASOL_LOG_LEVEL: 'loud' })
  expect(status).toBe(1)
  expect(stderr).toMatch(/PARASOL_PORTT is not a setting\. Did you mean PARASOL_PORT\?/)
  expect(stderr).toMatch(/PARASOL_LOG_LEVEL is "loud"/)
  expect(stderr.trimEnd().split('\n')).toHaveLength(3)
})
