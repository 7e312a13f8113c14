import { once } from 'node:events'

/** How a command tells what it found: for people, or with --json for programs. */
export interface Print {
  isJson: boolean
  /** One answer: the API's document, or text in whole lines. */
  document: (value: unknown, text: () => string) => void
  /** A line on stderr for whoever watches; programs are spared it. */
  note: (line: string) => void
}

export const openPrint = (isJson: boolean): Print => ({
  isJson,
  document: (value, text) => console.log(isJson ? JSON.stringify(value, null, 2) : text()),
  note: (line) => {
    if (!isJson) console.error(line)
  },
})

/** Writes to stdout and waits while whoever reads it is slow. */
export const write = async (text: string | Uint8Array): Promise<void> => {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}
