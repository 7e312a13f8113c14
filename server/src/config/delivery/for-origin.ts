import type { AllowedOrigins } from '../../platform/http/allowed-origins.ts'
import { type PreparedHeaders, prepareHeaders } from '../../platform/http/prepared-answer.ts'
import { type Form, overheadBytes } from './form.ts'

/** Origins whose headers are kept; with a wildcard strangers could name any number. */
const keptMost = 32

/** The headers as a page of this origin gets them, where the app names who may read: made for the first that asks. */
export const forOrigin = (
  form: Form,
  headers: PreparedHeaders,
  origins: AllowedOrigins,
  origin: string | null,
): PreparedHeaders => {
  if (origin === null || !origins.has(origin)) return headers
  form.byOrigin ??= new Map()
  const kept = form.byOrigin.get(headers) ?? new Map<string, PreparedHeaders>()
  form.byOrigin.set(headers, kept)
  const known = kept.get(origin)
  if (known) return known
  const made = prepareHeaders({ ...headers.fields, 'access-control-allow-origin': origin })
  if (kept.size < keptMost) {
    kept.set(origin, made)
    form.grow(overheadBytes)
  }
  return made
}
