import { parseArgs } from 'node:util'

/** A wrong command line: one line that says what to write instead; exit code 2. */
export class UsageProblem extends Error {}

/** Something the operator has to mend, told without a stack trace. */
export class Failure extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number = exitCodes.failed) {
    super(message)
    this.exitCode = exitCode
  }
}

/** What a shell or a pipeline may branch on; docs/cli.md tells them. */
export const exitCodes = {
  done: 0,
  failed: 1,
  misused: 2,
  /** nothing answers, or what answers cannot for now: worth another try */
  unreachable: 3,
  /** no token, a wrong one, or one that may not do this */
  unauthorized: 4,
  /** the state of things does not allow it, or has changed meanwhile */
  conflict: 5,
  /** a plan with something to do, where it was asked for by --exit-code */
  toDo: 6,
  /** ended by Ctrl-C */
  interrupted: 130,
} as const

/** One option of a command; `value` is what help shows in its place. */
export type Option = { doc: string } & (
  | { type: 'boolean' }
  | { type: 'string'; value: string; required?: true; multiple?: true }
  | { type: 'choice'; of: readonly string[]; required?: true }
  | { type: 'integer'; value: string; min: number; max: number }
)
export type Options = Readonly<Record<string, Option>>

type ValueOf<O extends Option> = O extends { type: 'boolean' }
  ? boolean
  : O extends { type: 'integer' }
    ? number | undefined
    : O extends { type: 'choice'; of: readonly (infer Choice)[] }
      ? Choice | (O extends { required: true } ? never : undefined)
      : O extends { multiple: true }
        ? string[]
        : O extends { required: true }
          ? string
          : string | undefined

type NameOf<Positional> = Positional extends `${infer Name}?` ? Name : Positional

/** What a command line gave: each option and each positional argument by its name. */
export type Given<O extends Options, P extends readonly string[]> = {
  readonly [Name in keyof O]: ValueOf<O[Name]>
} & {
  readonly [Positional in P[number] as NameOf<Positional> & string]: Positional extends `${string}?`
    ? string | undefined
    : string
}

/** What a command is; `takes` names its positional arguments in order, with a `?` behind those that may be absent. */
export interface CommandSpec<O extends Options, P extends readonly string[]> {
  /** one sentence for the list of commands */
  summary: string
  takes?: P
  options?: O
  /** what help says beside, in whole lines */
  details?: string
  /** whole command lines, as a shell takes them */
  examples?: readonly string[]
}

/** One subcommand of `parasol`, in a file of its own that exports it as `command`. */
export interface Command {
  summary: string
  /** its positional arguments as they follow the name, as ` <appId> [version]` */
  takes: string
  /** Help, for the command of this name. */
  help: (name: string) => string
  /** Resolves with the exit code; undefined lets the process go on, as a server does. */
  run: (args: string[], name: string) => Promise<number | undefined>
}

/** Declares a command: its command line is checked against what it takes, and its help made from the same. */
export const defineCommand = <const O extends Options, const P extends readonly string[]>(
  spec: CommandSpec<O, P> & { run: (given: Given<O, P>) => Promise<number | undefined> },
): Command => ({
  summary: spec.summary,
  takes: positionalsOf(spec),
  help: (name) => helpOf(name, spec),
  run: (args, name) => spec.run(readArgs(args, name, spec)),
})

type AnySpec = CommandSpec<Options, readonly string[]>

const positionalsOf = ({ takes = [] }: AnySpec): string =>
  takes.map((name) => (name.endsWith('?') ? ` [${name.slice(0, -1)}]` : ` <${name}>`)).join('')

const usageOf = (name: string, spec: AnySpec): string => {
  const options = Object.entries(spec.options ?? {})
  const required = options.filter(([, row]) => 'required' in row)
  const texts = required.map(([option, row]) => ` ${optionText(option, row)}`).join('')
  const others = options.length > required.length ? ' [options]' : ''
  return `usage: parasol ${name}${positionalsOf(spec)}${texts}${others}`
}

const optionText = (name: string, row: Option): string => {
  if (row.type === 'boolean') return `--${name}`
  return `--${name} <${row.type === 'choice' ? row.of.join('|') : row.value}>`
}

const helpOf = (name: string, spec: AnySpec): string => {
  const rows = Object.entries(spec.options ?? {}).map(([option, row]) => [optionText(option, row), row.doc])
  const width = Math.min(34, Math.max(0, ...rows.map(([text = '']) => text.length)))
  const lines = rows.map(([text = '', doc]) =>
    text.length > width ? `  ${text}\n  ${' '.repeat(width)}  ${doc}` : `  ${text.padEnd(width)}  ${doc}`,
  )
  const parts = [
    usageOf(name, spec),
    spec.summary + (spec.details ? `\n${spec.details}` : ''),
    lines.join('\n'),
    spec.examples ? `Examples:\n${spec.examples.map((line) => `  ${line}`).join('\n')}` : '',
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

const readArgs = <O extends Options, P extends readonly string[]>(
  args: string[],
  name: string,
  spec: CommandSpec<O, P>,
): Given<O, P> => {
  const { takes = [], options = {} } = spec as AnySpec
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: takes.length > 0,
    options: Object.fromEntries(
      Object.entries(options).map(([option, row]) => [
        option,
        {
          type: row.type === 'boolean' ? ('boolean' as const) : ('string' as const),
          multiple: 'multiple' in row,
        },
      ]),
    ),
  })
  const given: Record<string, unknown> = namePositionals(positionals, takes, name)
  for (const [option, row] of Object.entries(options)) given[option] = readOption(option, row, values[option])
  // Given and readOption say the same of each row, which TypeScript cannot see through a loop.
  return given as Given<O, P>
}

const namePositionals = (
  positionals: string[],
  takes: readonly string[],
  name: string,
): Record<string, string> => {
  const missing = takes[positionals.length]
  if (missing !== undefined && !missing.endsWith('?')) {
    throw new UsageProblem(`<${missing}> is missing; see parasol ${name} --help.`)
  }
  if (positionals.length > takes.length) {
    throw new UsageProblem(
      `Unexpected argument ${JSON.stringify(positionals[takes.length])}; see parasol ${name} --help.`,
    )
  }
  return Object.fromEntries(positionals.map((value, at) => [takes[at]?.replace('?', ''), value]))
}

type Parsed = string | boolean | (string | boolean)[] | undefined

const readOption = (option: string, row: Option, value: Parsed): unknown => {
  if (row.type === 'boolean') return value === true
  if (value === undefined) {
    if ('required' in row) throw new UsageProblem(`${optionText(option, row)} is missing.`)
    return 'multiple' in row ? [] : undefined
  }
  if (row.type === 'choice' && !row.of.includes(String(value))) {
    throw new UsageProblem(
      `--${option} is ${JSON.stringify(value)}, but it must be one of ${row.of.join(', ')}.`,
    )
  }
  return row.type === 'integer' ? readInteger(option, row, String(value)) : value
}

const readInteger = (option: string, { min, max }: { min: number; max: number }, text: string): number => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new UsageProblem(
    `--${option} is ${JSON.stringify(text)}, but it must be a whole number from ${min} to ${max}.`,
  )
}
