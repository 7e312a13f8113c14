import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { defineAskingCommand } from './asking-command.ts'
import { Failure } from './command.ts'
import { readLines } from './files/read-lines.ts'
import { reasonOf } from './files/read-text.ts'
import { finish } from './fleet/finish.ts'
import { sendLines } from './fleet/send-lines.ts'
import { stopOnInterrupt } from './fleet/stop-on-interrupt.ts'
import { summaryText } from './fleet/summary-text.ts'
import { openProgress } from './output/progress.ts'

/** The file and its size in bytes, 0 where that is not known. */
const openLines = async (path: string): Promise<{ input: Readable; size: number }> => {
  if (path === '-') return { input: process.stdin, size: 0 }
  const { size } = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`${path} can't be read: ${reasonOf(error)}.`)
  })
  return { input: createReadStream(path), size }
}

export const command = defineAskingCommand({
  summary: 'Bring apps, versions and releases to what the lines of a file say (NDJSON).',
  details: `What is so already stays untouched, so the same file can be imported again, and goes on where it was broken off. A
refused line stops nothing but itself. Ctrl-C ends it after the lines that are under way.`,
  takes: ['file'],
  timeoutSeconds: 300,
  options: { 'dry-run': { type: 'boolean', doc: 'tell what would be done, and do nothing' } },
  examples: ['parasol import fleet.ndjson', 'zcat fleet.ndjson.gz | parasol import -'],
  run: async ({ file, 'dry-run': dryRun }, { client, print }) => {
    const { input, size } = await openLines(file)
    const progress = openProgress(size, print.isJson)
    // Whoever waits for a line that may never come waits no longer.
    const { isStopped } = stopOnInterrupt(() => input.destroy())
    const sent = await sendLines(client, readLines(input), {
      dryRun,
      isStopped,
      onSent: ({ lines, bytes }) => progress.show(bytes, `${lines} lines`),
    }).finally(() => {
      progress.end()
      input.destroy()
    })
    print.document(sent.summary, () => summaryText(sent.summary, (line) => `${file}:${line}`))
    return finish(sent, `the same command goes on where this ended`)
  },
})
