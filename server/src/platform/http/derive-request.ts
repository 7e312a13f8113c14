import { shareSource } from './remote-address.ts'
import { shareContext } from './request-context.ts'

/**
 * A safe request made of another: other headers, the same facts beside it. Its end is not bound to that of the client's
 * connection, because others may wait for the answer. A header that is set to null is left out.
 */
export const deriveRequest = (
  request: Request,
  method: 'GET' | 'HEAD',
  changed: Readonly<Record<string, string | null>>,
): Request => {
  const headers = new Headers(request.headers)
  for (const [name, value] of Object.entries(changed)) {
    if (value === null) headers.delete(name)
    else headers.set(name, value)
  }
  const derived = new Request(request.url, { method, headers })
  shareContext(request, derived)
  shareSource(request, derived)
  return derived
}

/** The same request at another URL, with its body and the facts beside it; `changed` headers stand in place of what was there. */
export const moveRequest = (
  request: Request,
  url: string,
  changed?: Readonly<Record<string, string>>,
): Request => {
  const { method, body, signal } = request
  const headers = changed ? new Headers(request.headers) : request.headers
  for (const [name, value] of Object.entries(changed ?? {})) headers.set(name, value)
  // Streams are sent while they are read; the types do not know that yet.
  const moved = new Request(url, { method, headers, body, signal, duplex: 'half' } as RequestInit)
  shareContext(request, moved)
  shareSource(request, moved)
  return moved
}
