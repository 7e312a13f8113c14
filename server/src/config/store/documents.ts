import { type Kysely, sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Tables } from '../../platform/database/tables.ts'
import { takeTurns } from '../../platform/take-turns.ts'
import type { Document } from './versions.ts'

/** One version of one app. */
export interface DocumentName {
  appId: string
  version: string
}

/** Versions hold no spaces. */
export const nameOf = ({ appId, version }: DocumentName): string => `${appId} ${version}`

export interface LoadedDocument {
  document: Document
  /** The characters of its text. */
  length: number
}

/** These documents, each once however often it is named. */
export const loadDocuments = async (
  db: Kysely<Tables>,
  wanted: readonly DocumentName[],
): Promise<Map<string, LoadedDocument>> => {
  const distinct = [
    ...new Map(wanted.map(({ appId, version }) => [nameOf({ appId, version }), { appId, version }])).values(),
  ]
  if (distinct.length === 0) return new Map()
  // As a subquery, so that each is found by its whole key in its own partition, whatever the statistics say.
  const { rows } = await sql<DocumentName & { text: string | null }>`
    select wanted."appId", wanted.version, (
      select c.document::text from configs c where c.app_id = wanted."appId" and c.version = wanted.version
    ) as text
    from jsonb_to_recordset(${JSON.stringify(distinct)}::jsonb) as wanted("appId" text, version text)`.execute(
    db,
  )
  const found = new Map<string, LoadedDocument>()
  const turns = takeTurns()
  for (const { text, ...name } of rows) {
    await turns()
    if (text !== null) {
      found.set(nameOf(name), { document: JSON.parse(text) as Document, length: text.length })
    }
  }
  return found
}

/** Documents of templates, read once: thousands of apps stand on each, and none changes under its version. */
export interface TemplateDocuments {
  get(name: DocumentName): Document | undefined
  keep(name: DocumentName, loaded: LoadedDocument): void
}

/** What a parsed document takes, in bytes for a character of its text. */
const bytesPerCharacter = 4

/** Keeps those used last within a bound of bytes. */
export const keepTemplateDocuments = (maxBytes: number): TemplateDocuments => {
  const kept = new LRUCache<string, LoadedDocument>({
    maxSize: maxBytes,
    sizeCalculation: ({ length }) => length * bytesPerCharacter + 500,
  })
  return {
    get: (name) => kept.get(nameOf(name))?.document,
    keep: (name, loaded) => void kept.set(nameOf(name), loaded),
  }
}
