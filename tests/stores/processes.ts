import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

interface Row {
  pid: number
  parent: number
  zombie: boolean
}

/** While a killed process has other threads left, its sockets stay open: they are closed by the last one. */
const threadsOf = (pid: number): number => readdirSync(`/proc/${pid}/task`).length

const parseProcStat = (pid: number): Row | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const mainThreadEnded = state === 'Z' || state === 'X'
    return { pid, parent: Number(parent), zombie: mainThreadEnded && threadsOf(pid) <= 1 }
  } catch {
    return undefined
  }
}

/** Every process of the machine: from /proc on Linux (a small image has no `ps`), from `ps` elsewhere. */
const listProcesses = (): Row[] => {
  if (process.platform === 'linux') {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    return pids.map((name) => parseProcStat(Number(name))).filter((row) => row !== undefined)
  }
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, state = ''] = line.trim().split(/\s+/)
      return { pid: Number(pid), parent: Number(parent), zombie: state.startsWith('Z') }
    })
}

const descendants = (pid: number): number[] => {
  const rows = listProcesses()
  const found: number[] = []
  for (let parents = [pid]; parents.length > 0; ) {
    parents = rows.filter((row) => !row.zombie && parents.includes(row.parent)).map((row) => row.pid)
    found.push(...parents)
  }
  return found
}

/** Signals one process; a process that is gone already is no error. */
export const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // it has gone in the meantime
  }
}

/** True while the process runs or is stopped; a zombie (dead, not yet collected by its parent) is not alive. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return process.platform === 'linux'
    ? parseProcStat(pid)?.zombie === false
    : listProcesses().some((row) => row.pid === pid && !row.zombie)
}

/**
 * Signals a process and all its descendants, and returns their pids. Process groups would not do: each backend of
 * PostgreSQL leads a group of its own. The root is stopped first so that it makes no child while we look.
 */
export const signalTree = (pid: number, name: NodeJS.Signals): number[] => {
  if (!isAlive(pid)) return []
  if (name !== 'SIGCONT') signal(pid, 'SIGSTOP')
  const all = [...descendants(pid), pid]
  for (const member of all) signal(member, name)
  return all
}

/** Resolves when none of the processes is alive; throws after the bound (ms). */
export const allGone = async (pids: number[], boundMs = 10_000): Promise<void> => {
  const deadline = Date.now() + boundMs
  while (pids.some(isAlive)) {
    if (Date.now() > deadline) throw new Error(`processes ${pids.filter(isAlive).join(', ')} do not end`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
