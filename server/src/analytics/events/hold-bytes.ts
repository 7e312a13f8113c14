import { Problem } from '../../../../contract/problems.ts'
import { createFairRoom } from './fair-room.ts'

/** What one request holds. */
export interface HeldBytes {
  /** Takes so many more. Throws 503 where all requests together, or those of its app, hold too many. */
  take(bytes: number): void
  /** Gives back all that was taken. */
  end(): void
}

/** Makes what a request for an app holds. */
export type HoldBytes = (appId: string) => HeldBytes

/** Bounds what the bodies of all requests that are under way hold together, from their first byte until they are answered. */
export const holdBytes = (most: number): HoldBytes => {
  const room = createFairRoom(most)
  return (appId) => {
    let own = 0
    return {
      take(bytes) {
        if (!room.fits(appId, bytes)) throw tooMany()
        own += bytes
        room.take(appId, bytes)
      },
      end() {
        room.take(appId, -own)
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
