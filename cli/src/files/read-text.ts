import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { Failure, UsageProblem } from '../command.ts'

let stdinIsFor: string | undefined

/** All of stdin, for the option named; it can be read once. Throws UsageProblem where two ask for it. */
export const readStdin = async (option: string): Promise<string> => {
  if (stdinIsFor !== undefined) {
    throw new UsageProblem(
      `${stdinIsFor} and ${option} can't both be read from stdin: give one of them a file.`,
    )
  }
  stdinIsFor = option
  if (process.stdin.isTTY) console.error(`Reading ${option} from here; Ctrl-D ends it.`)
  return text(process.stdin)
}

/** The text of a file, or of stdin for `-`. Throws a Failure that names the file. */
export const readText = async (path: string, option: string): Promise<string> => {
  if (path === '-') return readStdin(option)
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`${path} can't be read: ${reasonOf(error)}.`)
  })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Failure(`${path} is not UTF-8 text.`)
  }
}

/** What a file system's refusal means. */
export const reasonOf = ({ code, message }: { code?: string; message: string }): string => {
  if (code === 'ENOENT') return 'there is no such file or folder'
  if (code === 'EACCES') return 'it may not be read'
  return code === 'EISDIR' ? 'it is a folder' : message
}
