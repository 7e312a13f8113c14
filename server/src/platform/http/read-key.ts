import { contextOf } from './request-context.ts'

/**
 * The key that a request carries, by the header of its own or as bearer token (RFC 6750); null where there is none, as with most.
 * Looked for once, however many ask.
 */
export const readKey = (request: Request): string | null => {
  const context = contextOf(request)
  if (context.sentKey === undefined) context.sentKey = find(request.headers)
  return context.sentKey
}

const find = (headers: Headers): string | null => {
  const key = headers.get('x-api-key')
  if (key !== null) return key
  const authorization = headers.get('authorization')
  return authorization !== null && /^bearer /i.test(authorization) ? authorization.slice(7).trim() : null
}
