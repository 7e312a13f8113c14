import type { Peer } from '../peers/peer.ts'
import type { Listener, ListenOptions } from './listener.ts'

/** Another program listens there; the message says how to go on. */
export class PortTaken extends Error {
  override name = 'PortTaken'
}

/** The system cannot share a port among processes. */
export class SharingUnknown extends Error {
  override name = 'SharingUnknown'
}

/**
 * Receives HTTP on the runtime this process runs on; handlers are web-standard, so nothing else differs. Throws
 * {@link PortTaken}, {@link SharingUnknown} and CertificateProblem.
 */
export const listen = async (peer: Peer, options: ListenOptions): Promise<Listener> => {
  const runtime = 'Bun' in globalThis ? await import('./listen-bun.ts') : await import('./listen-node.ts')
  return runtime.listen(peer, options).catch((error) => {
    if (error.code === 'ENOTSUP' && options.sharesPort) {
      const advice =
        'Leave PARASOL_WORKERS at 1, or run several processes at ports of their own behind a balancer.'
      throw new SharingUnknown(`This system cannot share a port among workers. ${advice}`, { cause: error })
    }
    if (error.code !== 'EADDRINUSE') throw error
    const advice = 'Stop the program that listens there, or set PARASOL_PORT to another port.'
    throw new PortTaken(`Port ${options.port} is taken. ${advice}`, { cause: error })
  })
}
