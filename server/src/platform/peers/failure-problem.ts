import { Problem, type ProblemCode } from '../../../../contract/problems.ts'
import type { FailureKind, PeerFailure } from './peer-failure.ts'

const codes: Record<FailureKind, ProblemCode> = {
  unreachable: 'upstream_unavailable',
  untrusted: 'upstream_failed',
  silent: 'upstream_timeout',
  broken: 'upstream_failed',
}
const details: Record<FailureKind, string> = {
  unreachable: 'can not be reached now; try again in a moment.',
  untrusted:
    'has no certificate that this gateway trusts for that name, or does not speak TLS; the reason is in the log of the gateway. Nothing was sent.',
  silent: 'did not answer in time. Whether it did what was asked is not known; reads may be tried again.',
  broken:
    'broke off, or sent what is not HTTP. Whether it did what was asked is not known; reads may be tried again.',
}

/** What the client is told. Our own services promise only 503; of others it matters what happened: 502, 503 or 504. */
export const failureProblem = (name: string, isForeign: boolean, failure: PeerFailure): Problem =>
  isForeign
    ? new Problem(codes[failure.kind], {
        detail: `What answers at ${name} ${details[failure.kind]}`,
        ...(failure.kind === 'unreachable' && { headers: { 'retry-after': '1' } }),
        cause: failure,
      })
    : new Problem('upstream_unavailable', {
        detail: `The ${name} service does not answer now; try again in a moment.`,
        headers: { 'retry-after': '1' },
        cause: failure,
      })

/** All upstreams have failed so often that they are left alone for `waitMs`. */
export const allLeftAlone = (name: string, waitMs: number): Problem =>
  new Problem('upstream_unavailable', {
    detail: `All that answers at ${name} has failed again and again and gets a rest; try again in a moment.`,
    headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1_000))) },
  })

export const routeBusy = (name: string, most: number): Problem =>
  new Problem('route_busy', {
    detail: `${most} requests to ${name} are under way, and no more are let in. Try again in a moment.`,
    headers: { 'retry-after': '1' },
  })

export const loopDetected = (): Problem =>
  new Problem('loop_detected', {
    detail:
      'The request has come by here again and again: an upstream of a route leads back to this gateway.',
  })
