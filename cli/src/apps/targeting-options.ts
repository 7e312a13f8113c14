import type { App, ChangeAppInput } from '../../../contract/app.ts'
import { type Option, UsageProblem } from '../command.ts'
import { parseDocument, readObject } from '../files/read-document.ts'

/** What an app tells its rules and its devices. */
export const targetingOptions = {
  attributes: {
    type: 'string',
    value: 'file',
    doc: 'JSON or YAML file, or JSON itself: what rules may ask for, as {"plan": {"type": "string"}}; all of it',
  },
  'poll-seconds': {
    type: 'string',
    value: 'seconds',
    doc: 'how long devices wait before they ask again; none: as the server is set',
  },
} as const satisfies Record<string, Option>

interface Given {
  attributes: string | undefined
  'poll-seconds': string | undefined
}

/** The fields of an app that these options name. What is in the file the server checks, and says where it is wrong. */
export const readTargeting = async (
  given: Given,
): Promise<Pick<ChangeAppInput, 'attributes' | 'pollSeconds'>> => ({
  ...(given.attributes !== undefined && { attributes: await readAttributes(given.attributes) }),
  ...(given['poll-seconds'] !== undefined && { pollSeconds: readSeconds(given['poll-seconds']) }),
})

const readAttributes = async (text: string): Promise<App['attributes']> => {
  const value = text.trimStart().startsWith('{')
    ? await parseDocument(text, '--attributes')
    : await readObject(text, '--attributes')
  return value as App['attributes']
}

const readSeconds = (text: string): number | null => {
  if (text === 'none') return null
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new UsageProblem(
    `--poll-seconds is ${JSON.stringify(text)}, but it must be a number of seconds, 10 to 86400, or none.`,
  )
}

export const attributesText = (attributes: App['attributes']): string =>
  Object.entries(attributes)
    .map(([name, { type }]) => `${name} (${type})`)
    .join(' ')
