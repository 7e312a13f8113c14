import type { ConfigDiff } from '../../../contract/config.ts'
import { counted, manyLines, painted } from '../output/terminal-text.ts'

const styles = { '+': 'green', '-': 'red', '~': 'yellow' } as const

const isSign = (text: string): text is keyof typeof styles => Object.hasOwn(styles, text)

/** The lines of a diff, in colour where there is some. */
export const changesText = (text: string): string =>
  manyLines(text)
    .split('\n')
    .map((line) =>
      isSign(line.charAt(0)) ? painted(styles[line.charAt(0) as keyof typeof styles], line) : line,
    )
    .join('\n')

/** A diff for people: every change in a line, and the step that it deserves. */
export const diffText = ({ from, to, bump, changes, text }: ConfigDiff): string => {
  const between = `${from ?? 'nothing'} -> ${to}`
  if (changes.length === 0) return `${between}: no change.`
  return `${between}: ${counted(changes.length, 'change')}, a ${bump} step.\n${changesText(text)}`
}
