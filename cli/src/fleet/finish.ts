import { exitCodes } from '../command.ts'
import type { SentLines } from './send-lines.ts'

/** Says on stderr why an import ended early, if it did, and how to go on; the exit code. */
export const finish = ({ summary, isInterrupted }: SentLines, howToGoOn: string): number => {
  if (summary.stopped) {
    const { line, code, detail } = summary.stopped
    console.error(
      `parasol: Ended at line ${line}: ${detail} (${code}). Nothing was done from there on; ${howToGoOn}.`,
    )
    return code === 'store_unavailable' ? exitCodes.unreachable : exitCodes.failed
  }
  if (isInterrupted) {
    console.error(`parasol: Interrupted after ${summary.lines} lines; ${howToGoOn}.`)
    return exitCodes.interrupted
  }
  return summary.refused > 0 ? exitCodes.failed : exitCodes.done
}
