import { Problem } from '../../../../contract/problems.ts'

/** The 401 of a route that passes nothing on without a valid key; `wasSent`: one came, and does not count (RFC 6750 §3.1). */
export const keyRequired = (wasSent: boolean): Problem =>
  new Problem('unauthorized', {
    detail: wasSent
      ? 'This key is not known here, has expired or was revoked.'
      : 'This address needs a key: send it as `Authorization: Bearer <key>` or `X-API-Key: <key>`.',
    headers: {
      'www-authenticate': wasSent
        ? 'Bearer realm="parasol", error="invalid_token"'
        : 'Bearer realm="parasol"',
    },
  })
