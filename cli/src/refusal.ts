import { exitCodes, Failure } from './command.ts'
import { oneLine } from './output/terminal-text.ts'

/** The problem document of a refusal (RFC 9457), as far as it is told here. */
interface ProblemDocument {
  status: number
  code: string
  detail: string
  requestId: string
  errors?: { detail: string; pointer?: string; parameter?: string }[]
}

/** The server said no. */
export class Refusal extends Failure {
  readonly problem: ProblemDocument

  constructor(problem: ProblemDocument) {
    super(linesOf(problem), exitCodeOf(problem.status))
    this.problem = problem
  }
}

/** A refusal in the words of the command line: `--force` where the API says `"force": true`, if the command has that option. */
export const inOptions = (text: string, options: readonly string[]): string =>
  text.replaceAll(/(?:\b([Ss])end )?"(\w+)": true/g, (said, send: string | undefined, field: string) => {
    const option = field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    if (!options.includes(option)) return said
    return `${send === undefined ? '' : send === 'S' ? 'Give ' : 'give '}--${option}`
  })

/** Of several wrong places each has a line; a problem with one says it all in its detail. */
const linesOf = ({ detail, errors = [], code, requestId }: ProblemDocument): string => {
  const origin = `(${code}, request ${requestId})`
  if (errors.length < 2) return oneLine(`${detail} ${origin}`)
  const rows = errors.map((error) => `  ${error.pointer ?? error.parameter ?? ''}: ${error.detail}`)
  return [`${errors.length} places need correction ${origin}`, ...rows].map(oneLine).join('\n')
}

const exitCodeOf = (status: number): number => {
  if (status === 401 || status === 403) return exitCodes.unauthorized
  if ([409, 412, 428].includes(status)) return exitCodes.conflict
  if ([408, 429, 502, 503, 504].includes(status)) return exitCodes.unreachable
  return exitCodes.failed
}

/** The refusal that an answer holds; undefined for an answer that is not one of Parasol's. */
export const readRefusal = async (response: Response): Promise<Refusal | undefined> => {
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) return undefined
  const problem = await response.json().catch(() => undefined)
  return isProblem(problem) ? new Refusal(problem) : undefined
}

const isProblem = (value: unknown): value is ProblemDocument =>
  typeof value === 'object' && value !== null && 'code' in value && 'detail' in value && 'status' in value
