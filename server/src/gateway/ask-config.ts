import {
  feedPaths,
  type KnownKey,
  keysFeed,
  type LimitsFeed,
  limitsFeed,
} from '../../../contract/gateway-feed.ts'
import type { Peer } from '../platform/peers/peer.ts'

/** What a gateway asks of the config service on its own behalf. */
export interface AskConfig {
  /** Null where nothing has changed since that revision. `isUrgent`: what the service read a moment ago may be too old. */
  limits(revision: number | undefined, isUrgent: boolean): Promise<LimitsFeed | null>
  /** What is known of the keys with these hashes, in their order. */
  keys(hashes: readonly string[]): Promise<readonly (KnownKey | null)[]>
}

const address = (path: string): string => `http://parasol.internal${path}`

/** Asks over the peer; throws where it does not answer as the contract has it. */
export const askConfig = (config: Peer): AskConfig => ({
  async limits(revision, isUrgent) {
    const headers = {
      ...(revision !== undefined && { 'if-none-match': `"${revision}"` }),
      ...(isUrgent && { 'cache-control': 'no-cache' }),
    }
    const response = await config(new Request(address(feedPaths.limits), { headers }))
    if (response.status === 304) return null
    return limitsFeed.parse(await bodyOf(response))
  },
  async keys(hashes) {
    const response = await config(
      new Request(address(feedPaths.keys), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ hashes }),
      }),
    )
    return keysFeed.parse(await bodyOf(response)).keys
  },
})

const bodyOf = async (response: Response): Promise<unknown> => {
  if (response.ok) return response.json()
  throw new Error(
    `The config service answered ${response.status} to its gateway: ${(await response.text()).slice(0, 200)}`,
  )
}
