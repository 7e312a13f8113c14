import { heldOpenMs } from '../../../../contract/live.ts'
import type { Log } from '../log/open-log.ts'
import { truncateAddress } from './read-address.ts'
import { contextOf, type RequestContext } from './request-context.ts'
import { targetOf } from './target-of.ts'

export interface AccessLogOptions {
  /** One in so many requests gets a line; 0: none but those that always do. */
  accessLogOneIn: number
  /** How clients stand in it. */
  logAddresses: 'truncated' | 'whole' | 'none'
  /** The clock, in ms since anything but now. */
  now?: () => number
}

/** The log of requests: one line each, for all that are worth one. */
export interface AccessLog {
  /** The beginning of a request, in ms; 0 when nothing is logged: then `write` need not be called. */
  begin(): number
  /** `path`: of the request's URL, without its query. */
  write(request: Request, path: string, status: number, startedAt: number): void
}

const slowMs = 1_000
/** Refusals that get a line in one second whatever the share: a flood of them must not cost more than refusing. */
export const refusalsPerSecond = 100
/** What an invented path may take of a line, and what a part of it that may be the id of an app. */
const longestPath = 256
const longestAppId = 128

/** Whether this is one of the first `most` in its second. */
export const firstOfSecond = (most: number): ((now: number) => boolean) => {
  let second = 0
  let seen = 0
  return (now) => {
    const current = Math.floor(now / 1_000)
    if (current !== second) {
      second = current
      seen = 0
    }
    seen += 1
    return seen <= most
  }
}

/**
 * Writes no header, no body, no query and no key, because any of them may hold a secret or what belongs to a person; of the
 * address only as much as is wanted. Which of the successful get a line is told by their trace ids, so that all processes
 * on the way of one request agree.
 */
export const createAccessLog = (
  log: Log,
  { accessLogOneIn, logAddresses, now = () => performance.now() }: AccessLogOptions,
): AccessLog => {
  const isFirstRefusal = firstOfSecond(refusalsPerSecond)
  const isChosen = ({ traceId }: RequestContext): boolean =>
    accessLogOneIn > 0 && Number.parseInt(traceId.slice(-8), 16) % accessLogOneIn === 0
  const isAlways = (url: string, status: number, durationMs: number, at: number): boolean =>
    status >= 500 ||
    (status >= 400 && isFirstRefusal(at)) ||
    (durationMs >= slowMs && heldOpenMs(targetOf(url)) === undefined)
  return {
    begin: () => (log.isLevelEnabled('info') ? now() : 0),
    write(request, path, status, startedAt) {
      const context = contextOf(request)
      const at = now()
      const durationMs = at - startedAt
      if (accessLogOneIn === 1 || isAlways(request.url, status, durationMs, at) || isChosen(context)) {
        const { requestId, traceId, spanId, client } = context
        log.info(
          {
            requestId,
            traceId,
            spanId,
            method: request.method,
            path: shown(path),
            status,
            durationMs: Math.round(durationMs * 1000) / 1000,
            ...factsOf(context),
            client: client && clientIn(client, logAddresses),
          },
          'request',
        )
      }
    },
  }
}

/** Without a fragment, which has no business in a request, and by which pages are handed tokens (`#access_token=`). */
const shown = (path: string): string => {
  const hash = path.indexOf('#')
  return path.slice(0, hash < 0 ? longestPath : Math.min(hash, longestPath))
}

/** Members that are undefined are left out of the line. */
const factsOf = ({ bytes, appId, keyId, cacheState, limited }: RequestContext): Record<string, unknown> => ({
  bytes,
  appId: appId !== undefined && appId.length <= longestAppId ? appId : undefined,
  keyId,
  cache: cacheState,
  limited,
})

const clientIn = (
  { address, prefix }: NonNullable<RequestContext['client']>,
  logAddresses: AccessLogOptions['logAddresses'],
): string | undefined => {
  if (logAddresses === 'none') return undefined
  return logAddresses === 'whole' ? address : truncateAddress(prefix)
}
