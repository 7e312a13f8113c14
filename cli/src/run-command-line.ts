import { inspect } from 'node:util'
import packageJson from '../../package.json' with { type: 'json' }
import { SettingsProblem } from '../../server/src/settings.ts'
import { type Command, exitCodes, Failure, UsageProblem } from './command.ts'
import { type Commands, commands, type Group } from './commands.ts'
import { Refusal } from './refusal.ts'

const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h' || word === 'help'

/** Runs one command line (without node and script); resolves with the exit code, or undefined for a server that runs on. */
export const runCommandLine = async (args: string[]): Promise<number | undefined> => {
  // Whoever reads us may stop early, as head does: there is nobody left to tell.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.failed)
  })
  if (args[0] === '--version' || args[0] === '-v') {
    console.log(packageJson.version)
    return exitCodes.done
  }
  return runIn({ summary: `${packageJson.description}.`, commands }, [], args).catch((error: unknown) =>
    complain(error, args.includes('--json')),
  )
}

/** Walks down to the command that the words name. */
const runIn = async (group: Group, path: string[], args: string[]): Promise<number | undefined> => {
  const [word, ...rest] = args
  if (word === undefined || isHelp(word)) {
    console.log(await overview(group, path))
    return word === undefined ? exitCodes.misused : exitCodes.done
  }
  const found = Object.hasOwn(group.commands, word) ? group.commands[word] : undefined
  if (found === undefined) throw unknownCommand(group.commands, path, word)
  const here = [...path, word]
  if (typeof found !== 'function') return runIn(found, here, rest)
  const { command } = await found()
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(command.help(here.join(' ')))
    return exitCodes.done
  }
  return command.run(rest, here.join(' '))
}

const unknownCommand = (known: Commands, path: string[], word: string): UsageProblem => {
  const name = JSON.stringify([...path, word].join(' '))
  const help = ['parasol', ...path, '--help'].join(' ')
  return new UsageProblem(
    `There is no command ${name}. Commands are ${Object.keys(known).join(', ')}; see ${help}.`,
  )
}

const overview = async ({ summary, commands }: Group, path: string[]): Promise<string> => {
  const rows = await Promise.all(
    Object.entries(commands).map(async ([name, entry]) => {
      if (typeof entry !== 'function') return { name: `${name} ...`, summary: entry.summary }
      const { command }: { command: Command } = await entry()
      return { name: path.length === 0 ? name : name + command.takes, summary: command.summary }
    }),
  )
  const width = Math.max(...rows.map(({ name }) => name.length))
  const lines = rows.map((row) => `  ${row.name.padEnd(width)}  ${row.summary}`)
  const isRoot = path.length === 0
  return [
    `usage: ${['parasol', ...path].join(' ')} <command>`,
    summary,
    lines.join('\n'),
    [
      '  --help     this text; after a command, what that command takes',
      ...(isRoot ? ['  --version  the version'] : []),
    ].join('\n'),
    ...(isRoot ? [exitCodesHelp] : []),
  ].join('\n\n')
}

const exitCodesHelp = `Exit codes: 0 done; 1 refused or failed; 2 wrong command line; 3 the server does not answer, or can't for now;
4 no key, or one that may not do this; 5 in conflict with what is, or with what changed meanwhile;
6 something to do (plan --exit-code); 130 ended by Ctrl-C.`

/** Errors of the server's start that say in words what to mend. */
const toldByName = ['SchemaTooNew', 'MigrationChanged', 'DataInUse', 'CannotListen', 'CertificateProblem']

const codeOf = (error: object): unknown => Reflect.get(error, 'code')

/** What happened, where that is the operator's to mend: one line or more without a stack trace. */
const told = (error: Error): string | undefined => {
  if (error instanceof SettingsProblem) {
    return `the settings need correction\n${error.problems.map((line) => `  ${line}`).join('\n')}`
  }
  // The server's own, told apart by name: their modules are only loaded by the commands that need them.
  const isTold = toldByName.includes(error.name)
  if (error instanceof Failure || isTold) return error.message
  return undefined
}

const isMisuse = (error: unknown): boolean =>
  error instanceof UsageProblem ||
  (error instanceof Error && String(codeOf(error)).startsWith('ERR_PARSE_ARGS_'))

/** Says what went wrong; returns the exit code. */
const complain = (error: unknown, isJson: boolean): number => {
  const exitCode = exitCodeOf(error)
  const line = lineOf(error)
  if (isJson) console.error(JSON.stringify(documentOf(error, exitCode, line)))
  else console.error(line === undefined ? error : `parasol: ${line}`)
  return exitCode
}

const exitCodeOf = (error: unknown): number => {
  if (isMisuse(error)) return exitCodes.misused
  return error instanceof Failure ? error.exitCode : exitCodes.failed
}

/** Undefined for what nobody foresaw: then all of it is shown. */
const lineOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined
  // parseArgs gives its advice in further lines.
  return isMisuse(error) ? error.message.replaceAll('\n', ' ') : told(error)
}

/** For programs: the problem document of a refusal, or what it has in common with what the command line says itself. */
const documentOf = (error: unknown, exitCode: number, line: string | undefined): object => {
  if (error instanceof Refusal) return error.problem
  const code = Object.entries(exitCodes).find(([, number]) => number === exitCode)?.[0]
  return { code, detail: line ?? inspect(error) }
}
