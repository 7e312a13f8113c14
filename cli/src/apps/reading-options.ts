import type { App, ChangeAppInput } from '../../../contract/app.ts'
import type { Option } from '../command.ts'

/** Who may read an app. */
export const readingOptions = {
  access: {
    type: 'choice',
    of: ['public', 'key'],
    doc: 'who may read it: anybody, or who sends a key',
  },
  'allowed-origins': {
    type: 'string',
    value: 'origins',
    doc: 'pages of these origins alone may read it, with commas between; all: of any; none: no page',
  },
} as const satisfies Record<string, Option>

interface Given {
  access: App['access'] | undefined
  'allowed-origins': string | undefined
}

/** The fields of an app that these options name. Whether an origin is one, the server checks. */
export const readReading = (given: Given): Pick<ChangeAppInput, 'access' | 'allowedOrigins'> => ({
  ...(given.access !== undefined && { access: given.access }),
  ...(given['allowed-origins'] !== undefined && { allowedOrigins: readOrigins(given['allowed-origins']) }),
})

const readOrigins = (text: string): string[] | null => {
  if (text === 'all') return null
  return text === 'none' ? [] : text.split(',').map((origin) => origin.trim())
}

export const originsText = (origins: App['allowedOrigins']): string => {
  if (!origins) return ''
  return origins.length === 0 ? 'none' : origins.join(' ')
}
