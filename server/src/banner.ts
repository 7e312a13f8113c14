import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { LoadedExamples } from './config/load-examples.ts'
import type { AdminToken } from './platform/auth/admin-token.ts'
import type { Settings } from './settings.ts'

/** What a person at a terminal reads; the log beside it is for machines. */
export const say = (lines: readonly string[]): void => {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
}

/** Making the embedded database is the one thing that takes seconds: told before, so that nobody thinks it hangs. */
export const sayIfFirst = ({ databaseUrl, dataDir }: Settings): void => {
  if (databaseUrl || existsSync(join(dataDir, 'postgres'))) return
  say([`Making the embedded database in ${resolve(dataDir)}: a few seconds, only this once ...`])
}

/** What an operator has to mend before the program can start. */
export const complain = (what: string, problems: readonly string[]): void => {
  process.stderr.write(`parasol: ${what}\n${problems.map((line) => `  ${line}\n`).join('')}`)
}

interface Start {
  url: string
  settings: Settings
  adminToken: AdminToken
  isFirstStart: boolean
  examples: LoadedExamples | undefined
  database: 'embedded' | 'postgres'
}

const tokenLine = ({ token, origin, path }: AdminToken): string =>
  origin === 'settings'
    ? 'Admin token   the one in PARASOL_ADMIN_TOKEN'
    : origin === 'made'
      ? `Admin token   ${token}  (made once, kept in ${path})`
      : `Admin token   in ${path}`

/** Where the command finds server and token by itself. */
const simulation = ({ url, settings, adminToken }: Start): string[] =>
  url === 'http://localhost:8080' && settings.dataDir === './data' && adminToken.origin === 'made'
    ? [
        '  npm run simulate      in another terminal: a fleet of devices, and a bad release that takes itself back',
      ]
    : []

/** The lines after a start: at the first one what was made and what to try, later only where things are. */
export const firstSteps = (start: Start): string[] => {
  const { url, settings, adminToken, isFirstStart, examples, database } = start
  const dataDir = resolve(settings.dataDir)
  const where = database === 'embedded' ? `embedded PostgreSQL in ${dataDir}` : 'PostgreSQL at DATABASE_URL'
  if (!isFirstStart) {
    // Among nodes on one database, a token of its own is what a node must not keep to itself.
    return database === 'embedded' || adminToken.origin === 'made'
      ? [`Parasol answers at ${url}, with ${where}. ${tokenLine(adminToken)}.`]
      : []
  }
  const loaded = examples
    ? `${examples.apps} example apps, ${examples.versions} config versions, ${examples.releases} releases`
    : 'none (PARASOL_EXAMPLES=on loads examples/fleet at the first start)'
  return [
    '',
    'Parasol is ready: this was its first start, so it made the schema.',
    `  Address       ${url}   (API: ${url}/docs)`,
    `  Database      ${where}`,
    `  Examples      ${loaded}`,
    `  ${tokenLine(adminToken)}`,
    'Try:',
    `  curl -i ${url}/v1/api/config/shop`,
    `  curl -i ${url}/health`,
    `  curl -H "Authorization: Bearer ${adminToken.origin === 'settings' ? '$PARASOL_ADMIN_TOKEN' : adminToken.token}" ${url}/manage/v1/apps`,
    ...simulation(start),
    'Stop with Ctrl+C; the next start keeps all data and loads nothing.',
    '',
  ]
}
