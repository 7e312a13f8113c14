import { Problem } from '../../../../contract/problems.ts'

/** What one request holds. */
export interface HeldBytes {
  /** Takes so many more. Throws 503 where all requests together hold too many. */
  take(bytes: number): void
  /** Gives back all that was taken. */
  end(): void
}

/** Bounds what the bodies of all requests that are under way hold together, from their first byte until they are answered. */
export const holdBytes = (most: number): (() => HeldBytes) => {
  let all = 0
  return () => {
    let own = 0
    return {
      take(bytes) {
        if (all + bytes > most) throw tooMany()
        own += bytes
        all += bytes
      },
      end() {
        all -= own
        own = 0
      },
    }
  }
}

const tooMany = (): Problem =>
  new Problem('overloaded', {
    detail: 'More events arrive than this process can hold. Send them again in a moment.',
    headers: { 'retry-after': '2' },
  })
