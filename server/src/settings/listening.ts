import type { Setting } from './setting-types.ts'

/** Where a process listens, and what a connection may do. */
export const listeningSettings = {
  host: {
    name: 'PARASOL_HOST',
    type: 'string',
    default: '0.0.0.0',
    doc: 'Address to listen on; `127.0.0.1` for this machine alone, `::` for IPv6 as well.',
  },
  port: {
    name: 'PARASOL_PORT',
    alias: 'PORT',
    type: 'integer',
    default: 8080,
    min: 0,
    max: 65_535,
    doc: 'Port to listen on; 0 takes any free one. `PORT` counts when this is not set.',
  },
  workers: {
    name: 'PARASOL_WORKERS',
    type: 'integer',
    default: 1,
    min: 1,
    max: 256,
    doc: 'Processes that `parasol serve` starts and watches, all at one port; one a core. Each has a cache and a pool of its own. Needs `DATABASE_URL`, and Linux or FreeBSD.',
  },
  tlsCert: {
    name: 'PARASOL_TLS_CERT',
    type: 'string',
    doc: 'File (PEM) of the certificate, with those between it and the root, to speak HTTPS where no proxy does. On Node with HTTP/2, and changed files are taken up within seconds.',
  },
  tlsKey: {
    name: 'PARASOL_TLS_KEY',
    type: 'string',
    doc: 'File (PEM) of its private key, without a passphrase.',
  },
  connectionsPerIp: {
    name: 'PARASOL_CONNECTIONS_PER_IP',
    type: 'integer',
    default: 1000,
    min: 0,
    max: 1_000_000,
    doc: 'Connections that one client address (IPv6: /64) may have open to a process; further ones are closed. Private networks and trusted proxies are not counted. 0: any number. On Node alone.',
  },
} as const satisfies Record<string, Setting>
