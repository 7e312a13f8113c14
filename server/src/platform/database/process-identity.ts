import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Whether a process runs; `started` is null where the system does not tell when it began. */
export type ProcessState = { runs: false } | { runs: true; started: string | null }

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process may not be signalled, but it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

const readLinux = (pid: number): ProcessState => {
  try {
    // The name, in parentheses, may hold spaces and parentheses: fields are counted after the last one (proc(5)).
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const state = fields[0] ?? ''
    if ('ZXx'.includes(state)) return { runs: false }
    return { runs: true, started: fields[19] ?? null }
  } catch {
    return exists(pid) ? { runs: true, started: null } : { runs: false }
  }
}

const readByPs = (pid: number): ProcessState => {
  try {
    const line = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      timeout: 5_000,
    })
    return { runs: true, started: line.trim() || null }
  } catch {
    return exists(pid) ? { runs: true, started: null } : { runs: false }
  }
}

/** Looks a process up. A dead process that nobody waited for (a zombie) does not run. */
export const findProcess = (pid: number): ProcessState => {
  if (!exists(pid)) return { runs: false }
  return process.platform === 'linux' ? readLinux(pid) : readByPs(pid)
}

/** Names the space in which pids mean something: two containers on one machine have two, and so have two boots. */
export const processSpace = (): string => {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}
