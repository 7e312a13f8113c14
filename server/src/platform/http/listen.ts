import type { Peer } from '../peers/peer.ts'
import type { Listener, ListenOptions } from './listener.ts'

/** Another program listens there; the message says how to go on. */
export class PortTaken extends Error {
  override name = 'PortTaken'
}

/**
 * Receives HTTP on the runtime this process runs on; handlers are web-standard, so nothing else differs. Throws
 * {@link PortTaken}.
 */
export const listen = async (peer: Peer, options: ListenOptions): Promise<Listener> => {
  const runtime = 'Bun' in globalThis ? await import('./listen-bun.ts') : await import('./listen-node.ts')
  return runtime.listen(peer, options).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error
    const advice = 'Stop the program that listens there, or set PARASOL_PORT to another port.'
    throw new PortTaken(`Port ${options.port} is taken. ${advice}`, { cause: error })
  })
}
