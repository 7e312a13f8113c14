import { heldOpenMs } from '../../../../contract/live.ts'
import { Problem } from '../../../../contract/problems.ts'
import { contextOf } from '../../platform/http/request-context.ts'
import { targetOf } from '../../platform/http/target-of.ts'
import { isSafe } from '../../platform/peers/forwarded-headers.ts'
import type { Peer } from '../../platform/peers/peer.ts'
import { adaptLimit } from './adapt-limit.ts'

/** Of draft-ietf-httpapi-ratelimit-headers. */
const type = 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity'

/** 503 `overloaded`; nothing was done, so it may be asked again. */
export const overloaded = (name: string): Problem => {
  // Not all of them again at the same moment.
  const seconds = 1 + Math.floor(Math.random() * 3)
  return new Problem('overloaded', {
    detail: `The ${name} service has more to do than it can at this moment. Ask again in ${seconds} s.`,
    headers: { 'retry-after': String(seconds) },
    members: { type },
  })
}

/**
 * Refuses early, with 503, what would only wait in a queue: what is under way is bounded by what the service can do. What is
 * answered at once does not count, nor what it may leave open.
 */
export const shedLoad = (
  { name, ...options }: { name: string; most: number; least?: number; now?: () => number },
  peer: Peer,
): Peer => {
  const { now = () => performance.now() } = options
  const limit = adaptLimit(options)
  return (request) => {
    if (heldOpenMs(targetOf(request.url)) !== undefined) return peer(request)
    if (!limit.enter()) throw overloaded(name)
    const startedAt = now()
    const leave = (isFailed: boolean): void => limit.leave(now() - beganOf(request, startedAt), isFailed)
    const over = (response: Response): void => leave(response.status >= 500)
    const failed = (): void => leave(true)
    try {
      const answer = peer(request)
      if (answer instanceof Promise) answer.then(over, failed)
      else over(answer)
      return answer
    } catch (error) {
      failed()
      throw error
    }
  }
}

/** That a client sends its body slowly is no slowness of the service. */
const beganOf = (request: Request, startedAt: number): number =>
  isSafe(request.method) ? startedAt : Math.max(startedAt, contextOf(request).sentAt ?? startedAt)
