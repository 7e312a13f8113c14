import type { Peer } from '../peers/peer.ts'
import type { Listener, ListenOptions } from './listener.ts'

/**
 * Receives HTTP on the runtime this process runs on; handlers are web-standard, so nothing else differs. Throws with words
 * for the operator where the port is taken.
 */
export const listen = async (peer: Peer, options: ListenOptions): Promise<Listener> => {
  const runtime = 'Bun' in globalThis ? await import('./listen-bun.ts') : await import('./listen-node.ts')
  return runtime.listen(peer, options).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error
    const advice = 'Stop the program that listens there, or set PARASOL_PORT to another port.'
    throw new Error(`Port ${options.port} is taken. ${advice}`, { cause: error })
  })
}
