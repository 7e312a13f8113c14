import { createHash } from 'node:crypto'
import type { Document } from '../store/versions.ts'

/** JSON with the keys of every object in one order, so that the text depends on the content alone. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )

/**
 * SHA-256 of what a document says, hexadecimal; the same whatever the order of keys, and however the attributes that its
 * rules ask for are declared.
 */
export const checksumOf = ({ attributes: _, ...said }: Document): string =>
  createHash('sha256').update(canonicalJson(said)).digest('hex')
