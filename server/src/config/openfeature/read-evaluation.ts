import { isJsonObject } from '../../../../contract/json-equal.ts'
import { Problem } from '../../../../contract/problems.ts'
import { checkMediaType, decodeUtf8, readBytes } from '../../platform/http/read-body.ts'

/** More than a context of any client; none of these is kept. */
const limit = { maxBytes: 65_536, setting: null }

/** The context of an OFREP request, as it came. Throws a Problem: 413, 415, or 400 for what is no such request. */
export const readEvaluation = async (request: Request): Promise<Readonly<Record<string, unknown>>> => {
  checkMediaType(request, 'application/json')
  const body = parse(decodeUtf8(await readBytes(request, limit), 'body'))
  if (!isJsonObject(body))
    throw malformed('', 'The body must be an object such as {"context": {"targetingKey": "..."}}.')
  const { context = {} } = body
  if (context === null) return {}
  if (!isJsonObject(context)) throw malformed('/context', 'context must be an object.')
  const { targetingKey = '' } = context
  if (targetingKey !== null && typeof targetingKey !== 'string') {
    throw malformed('/context/targetingKey', 'targetingKey must be a text.')
  }
  return context
}

/** Leniently, unlike documents: what else a context says is none of ours. */
const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem('invalid_json', { detail: 'The body is not JSON.' })
  }
}

export const malformed = (pointer: string, detail: string): Problem =>
  new Problem('invalid_request', { detail, errors: [{ code: 'invalid_request', pointer, detail }] })
