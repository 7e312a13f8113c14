/**
 * `unreachable`: no connection, so nothing was sent; `untrusted`: there is one but no TLS, because of its certificate for example,
 * so nothing was sent either; `silent`: no answer in time; `broken`: the connection ended, or what came is not HTTP, before there was
 * an answer.
 */
export type FailureKind = 'unreachable' | 'untrusted' | 'silent' | 'broken'

/** Why a request got no answer from an upstream. */
export class PeerFailure extends Error {
  readonly kind: FailureKind
  /** It failed on a kept connection, which the other side may have closed at this very moment. */
  readonly isReused: boolean

  constructor(kind: FailureKind, options: { isReused?: boolean; cause?: unknown } = {}) {
    super(`the upstream is ${kind}`, { cause: options.cause })
    this.name = 'PeerFailure'
    this.kind = kind
    this.isReused = options.isReused ?? false
  }
}

/** There was no connection that could be used, so the upstream knows nothing of the request. */
export const isUnsent = ({ kind }: PeerFailure): boolean => kind === 'unreachable' || kind === 'untrusted'
