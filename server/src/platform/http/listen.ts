import type { Peer } from '../peers/peer.ts'
import type { Listener, ListenOptions } from './listener.ts'

/** It cannot listen where it is told to; the message says how to go on. */
export class CannotListen extends Error {
  override name = 'CannotListen'
}

/**
 * Receives HTTP on the runtime this process runs on; handlers are web-standard, so nothing else differs. Throws
 * {@link CannotListen} and CertificateProblem.
 */
export const listen = async (peer: Peer, options: ListenOptions): Promise<Listener> => {
  const runtime = 'Bun' in globalThis ? await import('./listen-bun.ts') : await import('./listen-node.ts')
  return runtime.listen(peer, options).catch((cause) => {
    const why = wordsOf(cause.code, options)
    throw why === undefined ? cause : new CannotListen(why, { cause })
  })
}

const wordsOf = (code: unknown, { host, port, sharesPort, names }: ListenOptions): string | undefined => {
  const { host: hostName, port: portName } = names ?? { host: 'PARASOL_HOST', port: 'PARASOL_PORT' }
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken. Stop the program that listens there, or set ${portName} to another port.`
    case 'EACCES':
      return `Port ${port} is not for everybody. Set ${portName} to another one, mostly from 1024 up, or allow this user to take it.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${hostName} is ${host}, which is no address of this machine. Set it to one, or leave it out.`
    case 'ENOTSUP':
      return sharesPort
        ? 'This system cannot share a port among workers. Leave PARASOL_WORKERS at 1, or run several processes at ports of their own behind a balancer.'
        : undefined
  }
}
