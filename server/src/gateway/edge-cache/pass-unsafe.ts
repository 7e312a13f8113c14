import { contextOf } from '../../platform/http/request-context.ts'
import type { CacheQuestion, Parts } from './edge-cache.ts'
import { passOn } from './pass-on.ts'
import { addressTag } from './purge-log.ts'
import { placeOf } from './read-asked.ts'

/** Safe beside GET and HEAD, but of no use to a cache (RFC 9110 §9.2.1). */
const safe: ReadonlySet<string> = new Set(['OPTIONS', 'TRACE', 'QUERY'])

/** Writes through, and drops what a change makes old (RFC 9111 §4.4); methods that are not known count as unsafe. */
export const passUnsafe = (
  parts: Parts,
  request: Request,
  question: CacheQuestion,
): Response | Promise<Response> => {
  const done = `${parts.name}; fwd=method`
  contextOf(request).cacheState = 'pass'
  if (safe.has(request.method)) {
    const answer = question.upstream(request)
    return answer instanceof Promise
      ? answer.then((response) => passOn(response, done, question))
      : passOn(answer, done, question)
  }
  const finish = (response: Response): Response => {
    if (response.status >= 200 && response.status < 400)
      invalidate(parts, placeOf(request, question).url, response)
    return passOn(response, done, question)
  }
  const answer = question.upstream(request)
  return answer instanceof Promise ? answer.then(finish) : finish(answer)
}

/** Also where the answer says that something changed, but only at the same origin: nobody is to empty another's cache. */
const invalidate = ({ store, purges }: Parts, url: string, { headers }: Response): void => {
  const addresses = new Set([url])
  for (const name of ['location', 'content-location']) {
    const named = headers.get(name)
    if (named === null || !URL.canParse(named, url)) continue
    const target = new URL(named, url)
    target.hash = ''
    if (target.origin === new URL(url).origin) addresses.add(target.href)
  }
  for (const address of addresses) {
    purges.purge([addressTag(address)])
    store.dropAddress(address)
  }
}
