import { allowsPersonal, type Policy } from './choose-policy.ts'
import type { Fields } from './fields.ts'
import { hasExplicitLifetime, type Terms } from './freshness.ts'
import { fieldsOf } from './parse-directives.ts'
import { type Asked, isPersonal, isSteered } from './read-asked.ts'
import {
  isAboutCredentials,
  isAboutRequest,
  isHeuristicallyCacheable,
  isUnderstood,
  mayBeAboutRequest,
} from './status-codes.ts'

/** Whether the answer to a GET may be stored for others (RFC 9111 §3, §3.5). Vary is looked at elsewhere. */
export const mayStore = (asked: Asked, status: number, headers: Fields, policy: Policy): boolean => {
  const { directives } = policy
  if (status < 200 || status === 206 || status === 304) return false
  if (isAboutRequest(status) || isAboutCredentials(status) || isSteered(asked)) return false
  if (mayBeAboutRequest(status) && !isForAll(policy)) return false
  const mustUnderstand = directives.has('must-understand')
  if (mustUnderstand && !isUnderstood(status)) return false
  if (directives.has('no-store') && !mustUnderstand) return false
  if (asked.directives.has('no-store') || directives.get('private') === true) return false
  if (isPersonal(asked) && !allowsPersonal(policy)) return false
  if (headers.has('set-cookie') && !leavesCookies(policy)) return false
  return directives.has('public') || hasExplicitLifetime(headers, policy) || isHeuristicallyCacheable(status)
}

/** One who sends a header that a backend cannot read is not to make its complaint everybody's answer. */
const isForAll = ({ directives, isTargeted }: Policy): boolean =>
  isTargeted || directives.has('public') || directives.has('s-maxage')

/** A cookie is for one client, unless the answer says that caches leave it out. */
const leavesCookies = ({ directives }: Policy): boolean =>
  fieldsOf(directives, 'no-cache').includes('set-cookie') ||
  fieldsOf(directives, 'private').includes('set-cookie')

/** Whether keeping an answer can ever spare anything: it is fresh for a while, or may be stale, or can be validated. */
export const isWorthStoring = (terms: Terms, headers: Fields): boolean =>
  (!terms.mustValidate && terms.lifetime > 0) ||
  terms.staleWhileRevalidate > 0 ||
  terms.staleIfError > 0 ||
  headers.has('etag') ||
  headers.has('last-modified')
