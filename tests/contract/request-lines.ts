import type { Program } from '../program.ts'

export interface LogLine {
  level: string
  time: string
  msg: string
  requestId?: string
  traceId?: string
  method?: string
  path?: string
  status?: number
  durationMs?: number
}

/** The log lines of a process that are whole so far. */
export const logLines = (program: Program): LogLine[] =>
  program
    .logs()
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))

/** What went wrong so far in any of these processes, as they have logged it. */
export const faultsOf = (programs: readonly Program[]): string[] =>
  programs
    .flatMap(logLines)
    .filter((line) => line.msg === 'fault' || line.level === 'error' || line.level === 'fatal')
    .map((line) => JSON.stringify(line))

/** What a process has logged so far of the request with this id. */
export const requestLines = (program: Program, requestId: string): LogLine[] =>
  logLines(program).filter((line) => line.msg === 'request' && line.requestId === requestId)
