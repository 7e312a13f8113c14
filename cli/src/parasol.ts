#!/usr/bin/env node
import packageJson from '../../package.json' with { type: 'json' }
import { SettingsProblem } from '../../server/src/settings.ts'
import { type Command, Failure, UsageProblem } from './command.ts'
import { command as migrate } from './migrate.ts'
import { command as serve } from './serve.ts'
import { command as settings } from './settings.ts'

const commands = new Map<string, Command>([
  ['serve', serve],
  ['migrate', migrate],
  ['settings', settings],
])

const overview = (): string => {
  const all = [...commands.values()]
  const width = Math.max(...all.map(({ usage }) => usage.length))
  const lines = all.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}`)
  return `usage: parasol <command>

${packageJson.description}.

${lines.join('\n')}

  --help     this text; after a command, what that command takes
  --version  the version`
}

const helpOf = ({ usage, summary, details }: Command): string =>
  [`usage: parasol ${usage}`, '', summary, ...(details ? [details] : [])].join('\n')

/** Runs one command line (without node and script); resolves with the exit code, or undefined for a server that runs on. */
const run = async ([name, ...args]: string[]): Promise<number | undefined> => {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(overview())
    return name === undefined ? 2 : 0
  }
  if (name === '--version' || name === '-v') {
    console.log(packageJson.version)
    return 0
  }
  const command = commands.get(name)
  if (!command) {
    const known = [...commands.keys()].join(', ')
    throw new UsageProblem(
      `There is no command ${JSON.stringify(name)}. Commands are ${known}; see parasol --help.`,
    )
  }
  if (args.includes('--help') || args.includes('-h')) {
    console.log(helpOf(command))
    return 0
  }
  return command.run(args)
}

const codeOf = (error: object): unknown => Reflect.get(error, 'code')

/** What happened, where that is the operator's to mend: one line or more without a stack trace. */
const told = (error: Error): string | undefined => {
  if (error instanceof SettingsProblem) {
    return `the settings need correction\n${error.problems.map((line) => `  ${line}`).join('\n')}`
  }
  // The server's own, told apart by name: their modules are only loaded by the commands that need them.
  const isTold = ['SchemaTooNew', 'MigrationChanged', 'DataInUse', 'PortTaken'].includes(error.name)
  if (error instanceof Failure || isTold) return error.message
  return undefined
}

/** Says what went wrong; returns the exit code. */
const complain = (error: unknown): number => {
  if (!(error instanceof Error)) {
    console.error(error)
    return 1
  }
  const misused = error instanceof UsageProblem || String(codeOf(error)).startsWith('ERR_PARSE_ARGS_')
  const line = misused ? error.message : told(error)
  console.error(line === undefined ? error : `parasol: ${line}`)
  return misused ? 2 : 1
}

const code = await run(process.argv.slice(2)).catch(complain)
// A start that failed may have left connections open: waiting for them would let it hang.
if (code) process.exit(code)
