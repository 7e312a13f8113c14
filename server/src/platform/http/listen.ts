import type { Peer } from '../peers/peer.ts'
import type { Listener, ListenOptions } from './listener.ts'

/** Receives HTTP on the runtime this process runs on; handlers are web-standard, so nothing else differs. */
export const listen = async (peer: Peer, options: ListenOptions): Promise<Listener> => {
  const runtime = 'Bun' in globalThis ? await import('./listen-bun.ts') : await import('./listen-node.ts')
  return runtime.listen(peer, options)
}
