import { streamOf } from '../../platform/http/own-stream.ts'
import {
  answerPrepared,
  type PreparedParts,
  partsOf,
  prepareRead,
} from '../../platform/http/prepared-answer.ts'
import { ownField } from './choose-policy.ts'
import type { CacheQuestion } from './edge-cache.ts'

/** Hands an upstream's answer on as it is, with this cache's member of Cache-Status and what the question adds. */
export const passOn = (response: Response, done: string, { headers: added }: CacheQuestion): Response => {
  // A stream's headers are read when its connection is taken.
  const parts = streamOf(response) ? undefined : partsOf(response)
  if (parts) return passParts(parts, done, added)
  const changed = changeable(response)
  changed.headers.append('cache-status', done)
  changed.headers.delete(ownField)
  for (const name in added) changed.headers.set(name, added[name] ?? '')
  return changed
}

/** The same with the cookies that a 304 brings: they are for the one who asked, and never stored. */
export const withCookies = (answer: Response, { headers }: Response): Response => {
  const cookies = headers.getSetCookie()
  const made = partsOf(answer)
  if (cookies.length === 0 || !made) return answer
  const all = new Headers({ ...made.prepared.fields, ...made.changing })
  for (const cookie of cookies) all.append('set-cookie', cookie)
  return new Response(made.body, { status: made.status, headers: all })
}

/** The same of an answer that is prepared. */
export const passParts = (
  { status, body, prepared, changing }: PreparedParts,
  done: string,
  added: CacheQuestion['headers'],
): Response => {
  const before = changing['cache-status']
  const all = { ...changing, ...added, 'cache-status': before === undefined ? done : `${before}, ${done}` }
  return answerPrepared(status, body, withoutOwn(prepared), all)
}

const withoutOwn = (prepared: ReturnType<typeof prepareRead>): ReturnType<typeof prepareRead> => {
  if (!(ownField in prepared.fields)) return prepared
  const { [ownField]: _, ...fields } = prepared.fields
  return prepareRead(fields)
}

/** The headers of an answer of fetch cannot be changed. */
const changeable = (response: Response): Response => {
  try {
    response.headers.delete(ownField)
    return response
  } catch {
    return new Response(response.body, { status: response.status, headers: new Headers(response.headers) })
  }
}
