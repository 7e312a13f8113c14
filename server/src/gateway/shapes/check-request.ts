import { Problem } from '../../../../contract/problems.ts'
import { normalizeTarget } from './normalize-target.ts'

export interface ShapeLimits {
  maxBodyBytes: number
}

const tooLarge = (maxBodyBytes: number): Problem =>
  new Problem('body_too_large', { detail: `The body may have at most ${maxBodyBytes} bytes here.` })

/**
 * The first step of every request: its URL in the one form that routes, limits and caches know, the same string where it was
 * clean. Throws a Problem: 400 (a path that could be two, see {@link normalizeTarget}), 405 (methods that make a server a mirror
 * or a tunnel), 413 (a body announced as too large). What a body without a length becomes, {@link boundBody} bounds.
 */
export const checkRequest = (request: Request, { maxBodyBytes }: ShapeLimits): string => {
  const { method } = request
  if (method === 'TRACE' || method === 'TRACK' || method === 'CONNECT') {
    throw new Problem('method_not_allowed', {
      detail: `${method} is supported nowhere here.`,
      headers: { allow: 'GET, HEAD, OPTIONS' },
    })
  }
  // Asked of those alone that may have a body worth reading: it is a look into the headers.
  if (method !== 'GET' && method !== 'HEAD') {
    if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes)
  }
  return normalizeTarget(request.url)
}

/** A body as it comes, which fails with a Problem, 413, where it gets larger than announced bodies may be. */
export const boundBody = (
  body: ReadableStream<Uint8Array>,
  { maxBodyBytes }: ShapeLimits,
): ReadableStream<Uint8Array> => {
  let size = 0
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        size += chunk.byteLength
        if (size > maxBodyBytes) throw tooLarge(maxBodyBytes)
        controller.enqueue(chunk)
      },
    }),
  )
}
