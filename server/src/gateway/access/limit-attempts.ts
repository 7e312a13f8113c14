import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { Problem } from '../../../../contract/problems.ts'
import { readKey } from '../../platform/http/read-key.ts'

export interface AttemptOptions {
  /** Wrong tokens that one client may try in a window; 0 for any number. */
  most: number
  /** The clock, in ms. */
  now?: () => number
}

/** Counts of wrong tokens, in this process: with n gateways a client has n times as many attempts. */
export interface Attempts {
  /**
   * Throws 429 with Retry-After for a client, by its prefix, that has tried too many wrong tokens, unless this one was right
   * before.
   */
  refuse(prefix: string, request: Request): void
  /** Takes note of how management answered a request of this client. */
  note(prefix: string, request: Request, status: number): void
}

const windowMs = 60_000
/** Clients with wrong tokens in one window; of more, those that tried first are forgotten. */
const mostClients = 10_000
/** Tokens that were right lately, as hashes. */
const mostProven = 1_000

interface Tries {
  wrong: number
  endsAt: number
}

/**
 * Bounds guessing of tokens by one client (IPv6: one /64) in fixed windows of a minute. A token that was right before is no guess: a
 * script with an expired one locks nobody of its office out. Nor does a right one clear the count: whoever has one could try
 * others without end. Requests under way at once are counted when they are answered.
 */
export const createAttempts = ({ most, now = Date.now }: AttemptOptions): Attempts => {
  // In the order of insertion, which is that of their ends.
  const tries = new Map<string, Tries>()
  const proven = new LRUCache<string, true>({ max: mostProven })

  const makeRoom = (at: number): void => {
    for (const [prefix, { endsAt }] of tries) {
      if (endsAt > at && tries.size < mostClients) return
      tries.delete(prefix)
    }
  }
  const addWrong = (prefix: string): void => {
    const at = now()
    const known = tries.get(prefix)
    if (known && known.endsAt > at) {
      known.wrong += 1
      return
    }
    tries.delete(prefix)
    makeRoom(at)
    tries.set(prefix, { wrong: 1, endsAt: at + windowMs })
  }
  return {
    refuse(prefix, request) {
      if (tries.size === 0) return
      const known = tries.get(prefix)
      if (known === undefined || known.wrong < most) return
      const sent = hashOfToken(request)
      if (sent !== undefined && proven.has(sent)) return
      const leftMs = known.endsAt - now()
      if (leftMs > 0) throw tooMany(Math.ceil(leftMs / 1_000))
      tries.delete(prefix)
    },
    note(prefix, request, status) {
      if (most === 0) return
      const isRight = provesToken(request, status)
      if (!isRight && status !== 401) return
      const sent = hashOfToken(request)
      // Without a token nothing was guessed.
      if (sent === undefined) return
      if (isRight) return void proven.set(sent, true)
      proven.delete(sent)
      addWrong(prefix)
    },
  }
}

/** Other answers are given without a look at the token: 204 to OPTIONS, 404 where there is nothing. */
const provesToken = ({ method }: Request, status: number): boolean =>
  status >= 200 && status < 300 && method !== 'OPTIONS'

const hashOfToken = (request: Request): string | undefined => {
  const sent = readKey(request)
  return sent === null || sent === '' ? undefined : hash('sha256', sent, 'base64')
}

const tooMany = (seconds: number): Problem =>
  new Problem('too_many_attempts', {
    detail: `Too many wrong tokens came from your network; none is looked at for ${seconds} seconds more. Then use a valid one.`,
    headers: { 'retry-after': String(seconds) },
  })
