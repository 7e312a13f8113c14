import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { defineAskingCommand } from './asking-command.ts'
import { queryText } from './client.ts'
import { exitCodes, Failure } from './command.ts'
import { reasonOf } from './files/read-text.ts'
import { write } from './output/print.ts'
import { openProgress, type Progress } from './output/progress.ts'

const toStdout = (): Writable =>
  new Writable({
    write: (chunk: Uint8Array, _, done) => {
      write(chunk).then(() => done(), done)
    },
  })

/** Counts the lines of what passes by. */
const counting = (progress: Progress) =>
  async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let lines = 0
    for await (const chunk of chunks) {
      lines += chunk.reduce((sum, byte) => (byte === 10 ? sum + 1 : sum), 0)
      progress.show(lines, `${lines} lines`)
      yield chunk
    }
  }

const isFromFiles = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'path' in error

/** A file that is there only when it is whole. */
const intoFile = async (path: string, fill: (target: Writable) => Promise<void>): Promise<void> => {
  const part = `${path}.part`
  try {
    await fill(createWriteStream(part))
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    if (isFromFiles(error)) {
      throw new Failure(`${path} can't be written: ${reasonOf(error)}.`)
    }
    throw error
  }
}

export const command = defineAskingCommand({
  summary: 'Write all apps with their versions and what is live, a line each (NDJSON).',
  details:
    'The same fleet always gives the same bytes. docs/fleet-files.md tells the form; "parasol import" reads it.',
  timeoutSeconds: 300,
  options: {
    file: { type: 'string', value: 'file', doc: 'where to; else stdout' },
    live: { type: 'boolean', doc: 'only the versions that are live' },
  },
  examples: ['parasol export --file fleet.ndjson', 'parasol export --live | gzip > fleet.ndjson.gz'],
  run: async ({ file, live }, { client, print }) => {
    const path = `/manage/v1/export${queryText({ versions: live ? 'live' : undefined })}`
    const { body } = await client.stream({ method: 'GET', path })
    const progress = openProgress(0, print.isJson)
    const fill = async (target: Writable): Promise<void> => {
      try {
        await pipeline(body ?? [], counting(progress), target)
      } catch (error) {
        if (isFromFiles(error)) throw error
        throw new Failure(
          `The export broke off (${error}). What was written is not whole.`,
          exitCodes.unreachable,
        )
      } finally {
        progress.end()
      }
    }
    await (file === undefined ? fill(toStdout()) : intoFile(file, fill))
  },
})
