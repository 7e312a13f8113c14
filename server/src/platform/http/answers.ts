import { apiSecurity } from './security-headers.ts'

/** A JSON answer of the management API: never cached, with the state of the resource in ETag where it has one. */
export const jsonResponse = (
  body: unknown,
  options: { status?: number; headers?: Record<string, string> } = {},
): Response =>
  new Response(JSON.stringify(body), {
    status: options.status ?? 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...apiSecurity,
      ...options.headers,
    },
  })
