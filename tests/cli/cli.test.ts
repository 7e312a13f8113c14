import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Command } from '../../cli/src/command.ts'
import { type Commands, commands } from '../../cli/src/commands.ts'
import { type Program, startProgram } from '../program.ts'
import { readyDataDir } from '../stores/embedded-cluster.ts'
import { alerts } from './alerts.ts'
import { apps } from './apps.ts'
import { config } from './config.ts'
import { connections } from './connection.ts'
import { fleet } from './fleet.ts'
import { fleetFiles } from './fleet-files.ts'
import { goingLive } from './going-live.ts'
import { keysAndAudit } from './keys-and-audit.ts'
import { limits } from './limits.ts'
import { purges } from './purges.ts'
import { type Cli, openCli } from './run.ts'
import { simulate } from './simulate.ts'
import { targeting } from './targeting.ts'
import { terminal } from './terminal.ts'

let server: Program
let cli: Cli
beforeAll(async () => {
  server = await startProgram({ dataDir: await readyDataDir() })
  cli = openCli(server.url, server.token)
})
afterAll(() => server.stop())

const suites = {
  connections,
  apps,
  config,
  targeting,
  goingLive,
  fleet,
  fleetFiles,
  terminal,
  keysAndAudit,
  limits,
  alerts,
  purges,
  simulate,
}
for (const [name, suite] of Object.entries(suites)) describe(name, () => suite(() => cli))

/** Every command there is, with its whole name. */
const allCommands = async (
  known: Commands,
  path: string[] = [],
): Promise<{ name: string; command: Command }[]> => {
  const found = await Promise.all(
    Object.entries(known).map(async ([word, entry]) => {
      const here = [...path, word]
      if (typeof entry !== 'function') return allCommands(entry.commands, here)
      return [{ name: here.join(' '), command: (await entry()).command }]
    }),
  )
  return found.flat()
}

describe('every command', async () => {
  const all = await allCommands(commands)

  test('has help with an example that it takes', () => {
    for (const { name, command } of all) {
      const help = command.help(name)
      expect(help).toContain(`usage: parasol ${name}`)
      expect(help.slice(help.indexOf('\nExamples:\n'))).toContain(`parasol ${name}`)
    }
  })

  test('is in docs/cli.md', async () => {
    const page = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8')
    expect(all.map(({ name }) => name).filter((name) => !page.includes(`parasol ${name}`))).toEqual([])
  })

  test('ran here, or is tested beside its code', () => {
    const elsewhere = ['serve', 'migrate', 'settings', 'simulate']
    const names = all.map(({ name }) => name).filter((name) => !elsewhere.includes(name))
    expect(names.filter((name) => !cli.ran.has(name))).toEqual([])
  })
})
