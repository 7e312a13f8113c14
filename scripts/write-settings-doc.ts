/** Writes docs/settings.md from the settings table; server/src/settings.test.ts checks that it was run. */
import { mkdir, writeFile } from 'node:fs/promises'
import { settingsMarkdown } from '../server/src/settings.ts'

const docs = new URL('../docs/', import.meta.url)
await mkdir(docs, { recursive: true })
await writeFile(new URL('settings.md', docs), settingsMarkdown())
