import { CannotListen } from './platform/http/listen.ts'
import type { ListenOptions } from './platform/http/listener.ts'
import { networksOf } from './platform/http/networks.ts'
import { logUnreadable } from './platform/http/observe.ts'
import { CertificateProblem } from './platform/http/watch-certificate.ts'
import type { Log } from './platform/log/open-log.ts'
import { type Settings, SettingsProblem } from './settings.ts'

/** How the settings want requests received. */
export const listening = (settings: Settings, log: Log): ListenOptions => {
  // What comes from a private network is a proxy in front, or another service.
  const notCounted = networksOf([...settings.trustedProxies, 'loopback', 'private'])
  const { host, port, workers, tlsCert: cert, tlsKey: key, connectionsPerIp } = settings
  return {
    onUnreadable: logUnreadable(log),
    host,
    port,
    sharesPort: workers > 1,
    tls: cert !== undefined && key !== undefined ? { cert, key, onReload: logReload(log) } : undefined,
    connectionsPerClient: connectionsPerIp,
    isTrusted: notCounted.has,
    onCrowd: (address) =>
      log.warn({ address, connectionsPerIp }, 'connections of a client are closed: it has too many'),
  }
}

const logReload = (log: Log) => (err?: unknown) => {
  if (err === undefined) log.info('a new certificate is in use')
  else log.warn({ err }, 'the certificate has changed, but cannot be used: the old one goes on')
}

/** What an operator has to mend before anything starts, a line each; undefined for every other error. */
export const wordsOf = (error: unknown): readonly string[] | undefined => {
  if (error instanceof SettingsProblem) return error.problems
  const isTold = [CertificateProblem, CannotListen].some((kind) => error instanceof kind)
  return isTold ? [(error as Error).message] : undefined
}
