/** The key that a request carries, by the header of its own or as bearer token (RFC 6750); null where there is none, as with most. */
export const readKey = ({ headers }: Request): string | null => {
  const key = headers.get('x-api-key')
  if (key !== null) return key
  const authorization = headers.get('authorization')
  return authorization !== null && /^bearer /i.test(authorization) ? authorization.slice(7).trim() : null
}
