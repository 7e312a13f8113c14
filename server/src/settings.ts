import { readSetting, type Setting, type ValueOf } from './setting-types.ts'
import { settingsTable } from './settings-table.ts'

export type Environment = Readonly<Record<string, string | undefined>>

type Table = typeof settingsTable
/** The checked settings of one process, frozen. */
export type Settings = { readonly [Field in keyof Table]: ValueOf<Table[Field]> }

/** A setting as it is in force; `value` is text, and `********` when it is secret and set. */
export interface SettingInForce {
  name: string
  value: string
  origin: 'default' | 'environment'
}

/** What a setting is; `default` is text, empty where there is none. */
export interface SettingDescription {
  name: string
  type: string
  default: string
  doc: string
}

/** Thrown by `readSettings`: each problem is one line that says what is wrong, where, and how to fix it. */
export class SettingsProblem extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'SettingsProblem'
    this.problems = problems
  }
}

const ROWS: readonly [string, Setting][] = Object.entries(settingsTable)
/** Names that tools beside the server use, and that may therefore be in its environment too. */
const FOREIGN = new Set(['PARASOL_URL'])
const KNOWN = new Set([...ROWS.map(([, row]) => row.name), ...FOREIGN])

/**
 * Kubernetes tells every container of each Service of its namespace: one called "parasol" gives PARASOL_SERVICE_HOST and
 * PARASOL_PORT=tcp://10.0.0.1:8080. Neither is a setting nor a mistake.
 */
const isServiceLink = (name: string, text: string): boolean =>
  /_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$/.test(name) ||
  (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(text))

/** This process's environment; nothing else in the program reads it. */
export const environment = (): Environment => process.env

/** The variable that a row takes its text from, and that text; an empty variable counts as not set. */
const given = (row: Setting, env: Environment): { name: string; text: string } | undefined => {
  for (const name of row.alias ? [row.name, row.alias] : [row.name]) {
    const text = env[name]?.trim()
    if (text && !isServiceLink(name, text)) return { name, text }
  }
  return undefined
}

const defaultText = (row: Setting): string => ('default' in row ? String(row.default) : '')

/** How many letters have to be added, dropped or changed to make one name of the other (Levenshtein). */
const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [at, letter] of [...left].entries()) {
    const next = [at + 1]
    for (const [index, other] of [...right].entries()) {
      const change = (row[index] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(change, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

const unknownNames = (env: Environment): string[] =>
  Object.entries(env)
    .filter(
      ([name, text = '']) => name.startsWith('PARASOL_') && !KNOWN.has(name) && !isServiceLink(name, text),
    )
    .map(([name]) => {
      const near = [...KNOWN].map((known) => ({ known, letters: distance(name, known) }))
      const [best] = near.sort((left, right) => left.letters - right.letters)
      const hint = best && best.letters <= 4 ? `Did you mean ${best.known}?` : 'docs/settings.md lists all.'
      return `${name} is not a setting. ${hint}`
    })

const wrongServices = (settings: Settings): string[] => {
  const { services, configUrl, analyticsUrl } = settings
  if (!services.includes('gateway')) {
    return services.length === 1
      ? []
      : [
          `PARASOL_SERVICES is ${services.join(',')}, but only a gateway can stand before two services of one process. ` +
            'Add "gateway" to it, or run each in a process of its own.',
        ]
  }
  const neighbours = [
    ['config', configUrl, settingsTable.configUrl.name],
    ['analytics', analyticsUrl, settingsTable.analyticsUrl.name],
  ] as const
  return neighbours
    .filter(([service, url]) => !services.includes(service) && url === undefined)
    .map(
      ([service, , name]) =>
        `${name} is not set, but the gateway needs it, because PARASOL_SERVICES leaves the ${service} service out of this process. ` +
        `Set it to where that service answers, such as http://127.0.0.1:8081, or add "${service}" to PARASOL_SERVICES.`,
    )
}

/** Below this a large document and its codings do not stay in memory together: each reader would have them made anew. */
const cachedDocumentsLeast = 4

const tooSmallCache = ({ cacheBytes, maxDocumentBytes }: Settings): string[] => {
  const least = cachedDocumentsLeast * maxDocumentBytes
  const { cacheBytes: cache, maxDocumentBytes: document } = settingsTable
  if (cacheBytes >= least) return []
  return [
    `${cache.name} is ${cacheBytes}, but it must be at least ${cachedDocumentsLeast} times ${document.name} (${maxDocumentBytes}), ` +
      `or large documents are compressed anew for each reader. Set ${cache.name} to ${least} or more, ` +
      `or ${document.name} to ${Math.floor(cacheBytes / cachedDocumentsLeast)} or less.`,
  ]
}

/** Checks an environment against the table. Throws one SettingsProblem with everything that is wrong. */
export const readSettings = (env: Environment): Settings => {
  const problems = unknownNames(env)
  const values: Record<string, unknown> = {}
  for (const [field, row] of ROWS) {
    const found = given(row, env)
    values[field] = 'default' in row ? row.default : undefined
    if (!found) continue
    const reading = readSetting(row, found.text)
    if ('value' in reading) values[field] = reading.value
    else {
      const shown = row.secret ? 'set' : JSON.stringify(found.text)
      const otherwise = defaultText(row) && `, or leave it out for ${defaultText(row)}`
      problems.push(`${found.name} is ${shown}, but ${reading.wrong}. Correct it${otherwise}.`)
    }
  }
  // The table's types and readSetting's are the same by construction, which TypeScript cannot see through a loop.
  const settings = Object.freeze(values) as Settings
  problems.push(...wrongServices(settings), ...tooSmallCache(settings))
  if (problems.length > 0) throw new SettingsProblem(problems)
  return settings
}

/** All settings as they are in force, secrets masked; throws SettingsProblem as `readSettings` does. */
export const dumpSettings = (env: Environment): SettingInForce[] => {
  const settings: Readonly<Record<string, unknown>> = readSettings(env)
  return ROWS.map(([field, row]) => {
    const value = settings[field] === undefined ? '' : String(settings[field])
    return {
      name: row.name,
      value: row.secret && value ? '********' : value,
      origin: given(row, env) ? 'environment' : 'default',
    }
  })
}

const typeText = (row: Setting): string => {
  if (row.type === 'integer') return `integer, ${row.min} to ${row.max}`
  if (row.type === 'choice') return `one of ${row.of.join(', ')}`
  if (row.type === 'list') return `list of ${row.of.join(', ')}`
  if (row.type === 'url') return row.several ? 'URLs' : 'URL'
  return row.type
}

/** Every setting there is, in the order of the table. */
export const describeSettings = (): SettingDescription[] =>
  ROWS.map(([, row]) => ({
    name: row.name,
    type: row.secret ? `${typeText(row)}, secret` : typeText(row),
    default: defaultText(row),
    doc: row.doc,
  }))

/** The same as the Markdown of docs/settings.md. */
export const settingsMarkdown = (): string => {
  const lines = describeSettings().map(
    (row) => `| \`${row.name}\` | ${row.type} | ${row.default && `\`${row.default}\``} | ${row.doc} |`,
  )
  return `# Settings

Parasol is set by environment variables. A variable that is empty counts as not set, one that begins with \`PARASOL_\` and is not
listed here is refused, and all mistakes are told at once. \`npm run parasol -- settings --dump\` prints what is in force, with
secrets masked.

<!-- Made from server/src/settings-table.ts by \`node scripts/write-settings-doc.ts\`. -->

| name | type | default | what it does |
| --- | --- | --- | --- |
${lines.join('\n')}
`
}
