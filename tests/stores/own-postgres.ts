import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { testEnvironment } from '../environment.ts'
import { askPostgres } from './ask.ts'
import { findBinary } from './binaries.ts'
import { freshFolder, type OwnServer, startServer } from './own-server.ts'

interface Account {
  uid?: number
  gid?: number
}

/** PostgreSQL refuses to run as root: root lends it the account `postgres` or `nobody`. */
const findAccount = (): Account => {
  if (process.getuid?.() !== 0) return {}
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  const rows = lines.map((line) => line.split(':'))
  const row = rows.find(([name]) => name === 'postgres') ?? rows.find(([name]) => name === 'nobody')
  if (row === undefined) throw new Error('PostgreSQL refuses root and there is no account postgres or nobody')
  return { uid: Number(row[2]), gid: Number(row[3]) }
}

const giveTo = (account: Account, folder: string): string => {
  if (account.uid !== undefined && account.gid !== undefined) chownSync(folder, account.uid, account.gid)
  return folder
}

const makeCluster = (binaries: string, data: string, account: Account): void => {
  const args = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']
  const cwd = join(data, '..')
  execFileSync(join(binaries, 'initdb'), args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], ...account })
}

/** A cluster to copy, made once in a run: copying takes a tenth of the time of initdb. */
const templateCluster = (binaries: string, account: Account): string => {
  const folder = testEnvironment.runFolder(() => giveTo(account, freshFolder('run')))
  const template = join(folder, 'postgres-template')
  if (existsSync(template)) return template
  const draft = giveTo(account, mkdtempSync(join(folder, 'draft-')))
  makeCluster(binaries, join(draft, 'data'), account)
  try {
    renameSync(join(draft, 'data'), template)
  } catch (error) {
    // Another test process was faster: its template is as good.
    if (!existsSync(template)) throw error
  }
  rmSync(draft, { recursive: true, force: true })
  return template
}

/** A killed process loses nothing by this; only a machine that loses power would. */
const withoutDisk = ['fsync=off', 'full_page_writes=off', 'shared_buffers=16MB']

const options = (data: string, port: number, more: readonly string[]): string[] => [
  ...['-D', data, '-p', String(port)],
  ...[
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=100',
    'dynamic_shared_memory_type=mmap',
    ...more,
  ].flatMap((setting) => ['-c', setting]),
]

/**
 * Starts a PostgreSQL of one's own: database and user `postgres`, no password, empty, on 127.0.0.1. It does not wait for the disk
 * unless `waitsForDisk`, and then has its usual memory.
 */
export const startPostgres = async ({ waitsForDisk = false } = {}): Promise<OwnServer> => {
  const { folder: binaries } = findBinary('postgres')
  const account = findAccount()
  const template = templateCluster(binaries, account)
  const home = giveTo(account, freshFolder('postgres'))
  const data = join(home, 'data')
  execFileSync('cp', ['-R', template, data], { cwd: home, ...account })
  return startServer({
    name: 'PostgreSQL',
    home,
    command: join(binaries, 'postgres'),
    args: (port) => options(data, port, waitsForDisk ? [] : withoutDisk),
    url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
    account,
    stopSignal: 'SIGINT',
    ping: (url) => askPostgres(url, 'select 1'),
    // After a kill its pid may belong to another process by now, and PostgreSQL would refuse to start.
    beforeStart: () => rmSync(join(data, 'postmaster.pid'), { force: true }),
  })
}
