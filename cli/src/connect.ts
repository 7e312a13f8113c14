import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ClientSettings, environment, readClientSettings } from '../../server/src/settings.ts'
import { type Client, openClient } from './client.ts'
import { exitCodes, Failure, UsageProblem } from './command.ts'
import { readStdin } from './files/read-text.ts'

/** What every command that asks a server takes. */
export const connectionOptions = {
  url: { type: 'string', value: 'url', doc: 'the server; else PARASOL_URL, else http://localhost:8080' },
  'token-file': {
    type: 'string',
    value: 'file',
    doc: 'file that holds the key, - for stdin; else PARASOL_TOKEN, else PARASOL_ADMIN_TOKEN',
  },
  timeout: {
    type: 'integer',
    value: 'seconds',
    min: 1,
    max: 3600,
    doc: 'how long to wait for one answer; else 30, and for bulk work 300',
  },
  json: { type: 'boolean', doc: 'for programs: the answers of the API; lists an item a line' },
} as const

interface Given {
  url: string | undefined
  'token-file': string | undefined
  timeoutSeconds: number
}

/** The server that a command line and the environment name. Throws SettingsProblem, UsageProblem or Failure. */
export const connect = async (given: Given): Promise<Client> => {
  const settings = readClientSettings(environment())
  const url = given.url ?? settings.url
  const parsed = URL.parse(url)
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new UsageProblem(`--url is ${JSON.stringify(url)}, but it must be a URL with http:// or https://.`)
  }
  const token = await findToken(given['token-file'], settings, parsed)
  return openClient({ url: url.replace(/\/+$/, ''), token, timeoutMs: given.timeoutSeconds * 1000 })
}

/** Undefined where there is none: the server then says that one is needed. */
const findToken = async (
  file: string | undefined,
  settings: ClientSettings,
  url: URL,
): Promise<string | undefined> => {
  const given = file === undefined ? (settings.token ?? settings.adminToken) : await readTokenFile(file)
  const token = given ?? (isHere(url) ? await readKept(settings.dataDir) : undefined)
  return token === undefined ? undefined : checked(token, file)
}

const checked = (token: string, file: string | undefined): string => {
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw new Failure(
    `${file ?? 'PARASOL_TOKEN'} does not hold a key: one word was expected.`,
    exitCodes.unauthorized,
  )
}

const readTokenFile = async (file: string): Promise<string> => {
  if (file === '-') return (await readStdin('--token-file')).trim()
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`The key can't be read from ${file} (${error.code}).`)
  })
  return text.trim()
}

/** A server on this machine keeps the administrator's token where only its user reads it. */
const readKept = (dataDir: string): Promise<string | undefined> =>
  readFile(join(dataDir, 'admin-token'), 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  )

const isHere = ({ hostname }: URL): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
