import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { delimiter, join } from 'node:path'

/** The core of the server that is measured, and the one of the load. One core alone is shared. */
export const serverCore = 0
export const loadCore = cpus().length > 1 ? 1 : 0

/** `/usr/sbin` is where Debian keeps nginx, and it is not on every PATH. */
const find = (program: string): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path))

const install = (debianPackage: string): void => {
  console.log(`bench: installing the Debian package ${debianPackage}, which this machine does not have`)
  const apt = (...args: string[]) =>
    execFileSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      // RUNLEVEL=1 keeps Debian from starting nginx as a service on port 80.
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  apt('update')
  apt('install', '-y', '--no-install-recommends', debianPackage)
}

/** The path of a program; root on Debian installs a missing one. Throws one line that says what to install. */
export const need = (program: string, debianPackage: string): string => {
  const found = find(program)
  if (found !== undefined) return found
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) install(debianPackage)
  const installed = find(program)
  if (installed !== undefined) return installed
  throw new Error(`bench needs ${program}: install it (Debian: apt-get install ${debianPackage})`)
}

const canPin = (): boolean => process.platform === 'linux' && find('taskset') !== undefined

/** A command that runs on one core; as it is where the system has no taskset. */
export const pinned = (core: number, command: string, args: string[]): [string, string[]] =>
  canPin() ? ['taskset', ['-c', String(core), command, ...args]] : [command, args]

/** Moves a process with all its threads to one core, and what it starts from then on. */
export const moveTo = (core: number, pid: number): void => {
  if (canPin()) execFileSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' })
}

/**
 * Gives this process the processor whenever it wants it, so that a load that shares a core with stores does not take its own
 * waiting for the server's. Only root may; answers whether it was done.
 */
export const neverWait = (): boolean => {
  try {
    execFileSync('chrt', ['-f', '-p', '10', String(process.pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)

/** Seconds of CPU that a process and its children have used so far; 0 where there is no /proc. */
export const cpuSeconds = (pid: number): number => {
  if (!existsSync(`/proc/${pid}/stat`)) return 0
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return ticks / 100 + childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), 0)
}

/** The same of one process alone, to the nanosecond, without its threads that have ended; Linux only. */
export const cpuNanoseconds = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce(
    (sum, thread) =>
      sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    0,
  )

/** Resident bytes of one process. */
export const residentBytes = (pid: number): number => {
  if (process.platform !== 'linux') {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024
  }
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
}

export const describeMachine = () => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  load1: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  node: process.versions.node,
  pinned: canPin(),
})
