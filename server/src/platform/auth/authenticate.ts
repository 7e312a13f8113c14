import { createHash, timingSafeEqual } from 'node:crypto'
import { Problem } from '../../../../contract/problems.ts'

/** Who makes a change; the name stands in releases and in the audit log. */
export interface Actor {
  name: string
  role: 'admin'
}

export type Authenticate = (request: Request) => Actor

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Recognises the bearer token (RFC 6750) of a management request. The returned function throws 401. */
export const createAuthenticate = (adminToken: string): Authenticate => {
  const expected = sha256(adminToken)
  return (request) => {
    const [scheme, token, ...rest] = (request.headers.get('authorization') ?? '').split(' ')
    // Hashes have one length, so the comparison takes the same time whatever was sent.
    const known = token !== undefined && rest.length === 0 && timingSafeEqual(sha256(token), expected)
    if (known && scheme?.toLowerCase() === 'bearer') return { name: 'admin', role: 'admin' }
    throw new Problem('unauthorized', {
      detail: token
        ? 'This token is not known here.'
        : 'Send the header `Authorization: Bearer <token>`; the first start printed the admin token.',
      headers: {
        'www-authenticate': token
          ? 'Bearer realm="parasol", error="invalid_token"'
          : 'Bearer realm="parasol"',
      },
    })
  }
}
