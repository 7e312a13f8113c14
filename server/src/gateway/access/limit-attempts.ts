import { Problem } from '../../../../contract/problems.ts'

export interface AttemptOptions {
  /** Wrong tokens that one client may try in a window; 0 for any number. */
  most: number
  /** The clock, in ms. */
  now?: () => number
}

/** Counts of wrong tokens, in this process: with n gateways a client has n times as many attempts. */
export interface Attempts {
  /** Throws 429 with Retry-After for a client, by its prefix, that has tried too many wrong tokens. */
  refuse(prefix: string): void
  /** Takes note of how management answered a request of this client. */
  note(prefix: string, request: Request, status: number): void
}

const windowMs = 60_000
/** Clients with wrong tokens in one window; of more, those that tried first are forgotten. */
const mostClients = 10_000

interface Tries {
  wrong: number
  endsAt: number
}

/**
 * Bounds guessing of tokens by one client (IPv6: one /64) in fixed windows of a minute, so that a script with an expired token
 * locks its office out for a minute at most. A right token clears the count. Requests under way at once are counted when
 * they are answered.
 */
export const createAttempts = ({ most, now = Date.now }: AttemptOptions): Attempts => {
  // In the order of insertion, which is that of their ends.
  const tries = new Map<string, Tries>()

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
    refuse(prefix) {
      if (tries.size === 0) return
      const known = tries.get(prefix)
      if (known === undefined || known.wrong < most) return
      const leftMs = known.endsAt - now()
      if (leftMs > 0) throw tooMany(Math.ceil(leftMs / 1_000))
      tries.delete(prefix)
    },
    note(prefix, request, status) {
      if (most === 0) return
      // Without a token nothing was guessed.
      if (status === 401 && request.headers.has('authorization')) addWrong(prefix)
      else if (tries.size > 0 && provesToken(request, status)) tries.delete(prefix)
    },
  }
}

/** Other answers are given without a look at the token: 204 to OPTIONS, 404 where there is nothing. */
const provesToken = ({ method }: Request, status: number): boolean =>
  status >= 200 && status < 300 && method !== 'OPTIONS'

const tooMany = (seconds: number): Problem =>
  new Problem('too_many_attempts', {
    detail: `Too many wrong tokens came from your network; none is looked at for ${seconds} seconds more. Then use a valid one.`,
    headers: { 'retry-after': String(seconds) },
  })
