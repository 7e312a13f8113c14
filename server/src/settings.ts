import { missingForMail } from './settings/alerts.ts'
import { missingForCdn } from './settings/cdn.ts'
import { clientSettings } from './settings/client.ts'
import { readSetting, type Setting, type ValueOf } from './settings/setting-types.ts'
import { settingsTable } from './settings/table.ts'

export type Environment = Readonly<Record<string, string | undefined>>

type ValuesOf<Table> = { readonly [Field in keyof Table]: ValueOf<Table[Field]> }
type TableValues = ValuesOf<typeof settingsTable>
/** The checked settings of one process, frozen; `otel`: those of OpenTelemetry (docs/apm.md), as they are. */
export type Settings = TableValues & { readonly otel: Readonly<Record<string, string>> }
/** The checked settings of a command that asks a server, frozen. */
export type ClientSettings = ValuesOf<typeof clientTable>

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

/** Thrown where settings are read: each problem is one line that says what is wrong, where, and how to fix it. */
export class SettingsProblem extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'SettingsProblem'
    this.problems = problems
  }
}

/** A client finds the token of a server on the same machine where that server keeps it. */
const clientTable = {
  ...clientSettings,
  adminToken: settingsTable.adminToken,
  dataDir: settingsTable.dataDir,
}

const ROWS: readonly Setting[] = Object.values({ ...settingsTable, ...clientSettings })
const KNOWN = new Set(ROWS.map((row) => row.name))

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

/** The embedded database belongs to one process, and it is the config service that says which apps there are. */
const analyticsWithoutApps = ({ services, databaseUrl }: TableValues): string[] =>
  services.includes('analytics') && !services.includes('config') && databaseUrl === undefined
    ? [
        'DATABASE_URL is not set, but the analytics service needs it, because PARASOL_SERVICES leaves the config service out of ' +
          'this process. Set it to the database of that service, or add "config" to PARASOL_SERVICES.',
      ]
    : []

const wrongServices = (settings: TableValues): string[] => {
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

/** Workers share what stands outside of them; half a certificate is none. */
const wrongListening = (settings: TableValues): string[] => {
  const { workers, databaseUrl, services, tlsCert, tlsKey, adminPort } = settings
  const wrong: string[] = []
  const needsDatabase = services.includes('config') || services.includes('analytics')
  const { workers: row, tlsCert: cert, tlsKey: key, adminPort: port } = settingsTable
  if (workers > 1 && needsDatabase && databaseUrl === undefined) {
    wrong.push(
      `${row.name} is ${workers}, but the embedded database belongs to one process. Set DATABASE_URL, or leave ${row.name} at 1.`,
    )
  }
  if (workers > 1 && adminPort === 0) {
    wrong.push(
      `${port.name} is 0, so each of ${workers} workers would take another port. Name one, which they share, or leave ${row.name} at 1.`,
    )
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    const [given, missing] = tlsCert === undefined ? [key, cert] : [cert, key]
    wrong.push(`${missing.name} is not set, but ${given.name} is. Set both to speak HTTPS, or neither.`)
  }
  return wrong
}

/** Below this a large document and its codings do not stay in memory together: each reader would have them made anew. */
const cachedDocumentsLeast = 4

const tooSmallCache = ({ cacheBytes, maxDocumentBytes }: TableValues): string[] => {
  const least = cachedDocumentsLeast * maxDocumentBytes
  const { cacheBytes: cache, maxDocumentBytes: document } = settingsTable
  if (cacheBytes >= least) return []
  return [
    `${cache.name} is ${cacheBytes}, but it must be at least ${cachedDocumentsLeast} times ${document.name} (${maxDocumentBytes}), ` +
      `or large documents are compressed anew for each reader. Set ${cache.name} to ${least} or more, ` +
      `or ${document.name} to ${Math.floor(cacheBytes / cachedDocumentsLeast)} or less.`,
  ]
}

/** The values of a table's rows, and what is wrong with them. */
const readTable = <Table extends Record<string, Setting>>(
  table: Table,
  env: Environment,
): { values: ValuesOf<Table>; problems: string[]; misread: Set<string> } => {
  const problems: string[] = []
  const misread = new Set<string>()
  const values: Record<string, unknown> = {}
  for (const [field, row] of Object.entries(table)) {
    const found = given(row, env)
    values[field] = 'default' in row ? row.default : undefined
    if (!found) continue
    const reading = readSetting(row, found.text)
    if ('value' in reading) values[field] = reading.value
    else {
      misread.add(row.name)
      const isHidden = row.secret || (row.type === 'url' && found.text.includes('@'))
      const shown = isHidden ? 'set' : JSON.stringify(found.text)
      const otherwise = defaultText(row) && `, or leave it out for ${defaultText(row)}`
      problems.push(`${found.name} is ${shown}, but ${reading.wrong}. Correct it${otherwise}.`)
    }
  }
  // The table's types and readSetting's are the same by construction, which TypeScript cannot see through a loop.
  return { values: Object.freeze(values) as ValuesOf<Table>, problems, misread }
}

/** Checks an environment against the table. Throws one SettingsProblem with everything that is wrong. */
export const readSettings = (env: Environment): Settings => {
  const { values, problems, misread } = readTable(settingsTable, env)
  const otel = Object.entries(env).filter(([name]) => name.startsWith('OTEL_')) as [string, string][]
  const missing = [
    ...wrongServices(values),
    ...analyticsWithoutApps(values),
    ...wrongListening(values),
    ...missingForCdn(values),
    ...missingForMail(values),
  ]
  problems.push(
    ...unknownNames(env),
    // What is set, but to nothing that can be read, is told of once.
    ...missing.filter((problem) => !misread.has(problem.split(' ', 1)[0] ?? '')),
    ...tooSmallCache(values),
  )
  if (problems.length > 0) throw new SettingsProblem(problems)
  return Object.freeze({ ...values, otel: Object.freeze(Object.fromEntries(otel)) })
}

/** What a command that asks a server needs; what is set for a server alone is not looked at. Throws SettingsProblem. */
export const readClientSettings = (env: Environment): ClientSettings => {
  const { values, problems } = readTable(clientTable, env)
  problems.push(...unknownNames(env))
  if (problems.length > 0) throw new SettingsProblem(problems)
  return values
}

/** All settings as they are in force, secrets masked; throws SettingsProblem as `readSettings` does. */
export const dumpSettings = (env: Environment): SettingInForce[] => {
  const values: Readonly<Record<string, unknown>> = { ...readSettings(env), ...readClientSettings(env) }
  return Object.entries<Setting>({ ...settingsTable, ...clientSettings }).map(([field, row]) => {
    const inForce = row.type === 'deprecations' ? given(row, env)?.text : values[field]
    const value = inForce === undefined ? '' : String(inForce)
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
  if (row.type === 'deprecations') return `dates of ${row.of.join(', ')}`
  if (row.type === 'networks') return 'addresses and networks'
  if (row.type === 'url') return row.several ? 'URLs' : 'URL'
  return row.type
}

const described = (row: Setting): SettingDescription => ({
  name: row.name,
  type: row.secret ? `${typeText(row)}, secret` : typeText(row),
  default: defaultText(row),
  doc: row.doc,
})

/** Every setting there is, in the order of the tables: the server's, then those of a command that asks one. */
export const describeSettings = (): SettingDescription[] => ROWS.map(described)

const markdownTable = (table: Record<string, Setting>): string => {
  const lines = Object.values(table)
    .map(described)
    .map((row) => `| \`${row.name}\` | ${row.type} | ${row.default && `\`${row.default}\``} | ${row.doc} |`)
  return ['| name | type | default | what it does |', '| --- | --- | --- | --- |', ...lines].join('\n')
}

/** The same as the Markdown of docs/settings.md. */
export const settingsMarkdown = (): string => `# Settings

Parasol is set by environment variables. A variable that is empty counts as not set, one that begins with \`PARASOL_\` and is not
listed here is refused, and all mistakes are told at once. \`npm run parasol -- settings --dump\` prints what is in force, with
secrets masked. Those of OpenTelemetry (\`OTEL_*\`) are in [APM](apm.md).

<!-- Made from server/src/settings/ by \`node scripts/write-settings-doc.ts\`. -->

${markdownTable(settingsTable)}

## Of the commands that ask a server

${markdownTable(clientSettings)}
`
