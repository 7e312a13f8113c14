import type { Setting } from './setting-types.ts'

/** Who may ask the gateway, from where, and what is written down of it. */
export const accessSettings = {
  trustedProxies: {
    name: 'PARASOL_TRUSTED_PROXIES',
    type: 'networks',
    default: [],
    doc: 'Proxies in front whose word on who the client is counts: addresses, networks (`10.0.0.0/8`), `loopback` and `private`, with commas. Empty: the other end of the connection is the client. Never more than your own proxies and CDN: whoever is in it can name any address.',
  },
  forwardedHeader: {
    name: 'PARASOL_FORWARDED_HEADER',
    type: 'string',
    default: 'X-Forwarded-For',
    pattern: /^[\w-]{1,64}$/,
    patternDoc: 'letters, digits, - and _',
    doc: 'The one header in which those proxies name the client: `X-Forwarded-For` or a header of that form (`CF-Connecting-IP`), or `Forwarded` (RFC 7239). A second one is not read, because a proxy passes on what it does not know.',
  },
  allowIps: {
    name: 'PARASOL_ALLOW_IPS',
    type: 'networks',
    default: [],
    doc: 'Clients that are answered, written like `PARASOL_TRUSTED_PROXIES`; all others get 403. Empty: all. `/health`, `/livez` and `/readyz` answer all the same.',
  },
  denyIps: {
    name: 'PARASOL_DENY_IPS',
    type: 'networks',
    default: [],
    doc: 'Clients that get 403 whatever they ask; goes before every list that allows.',
  },
  managementIps: {
    name: 'PARASOL_MANAGEMENT_IPS',
    type: 'networks',
    default: [],
    doc: 'Clients that may use `/manage`, `/metrics`, `/docs` and `/openapi.json`; counts there instead of `PARASOL_ALLOW_IPS`.',
  },
  adminPort: {
    name: 'PARASOL_ADMIN_PORT',
    type: 'integer',
    min: 0,
    max: 65_535,
    doc: 'A port of their own for `/manage`, `/metrics`, `/docs` and `/openapi.json`, which then get 404 on `PARASOL_PORT`; 0 takes any free one. Empty: one port for all.',
  },
  adminHost: {
    name: 'PARASOL_ADMIN_HOST',
    type: 'string',
    default: '127.0.0.1',
    doc: 'Address to listen on for that port.',
  },
  wrongTokensPerMinute: {
    name: 'PARASOL_WRONG_TOKENS_PER_MINUTE',
    type: 'integer',
    default: 20,
    min: 0,
    max: 1_000_000,
    doc: 'Wrong tokens that one client (IPv6: one /64) may try on the management API of a gateway in a minute; then it gets 429 there until the minute is over. 0: any number.',
  },
  hstsSeconds: {
    name: 'PARASOL_HSTS_SECONDS',
    type: 'integer',
    default: 31_536_000,
    min: 0,
    max: 315_360_000,
    doc: 'Seconds for which browsers that came by TLS, also to a trusted proxy, use nothing else for this host (`Strict-Transport-Security`). 0: not sent.',
  },
  accessLogOneIn: {
    name: 'PARASOL_ACCESS_LOG_ONE_IN',
    type: 'integer',
    default: 1,
    min: 0,
    max: 1_000_000_000,
    doc: 'One in so many requests gets a line in the log, the same ones in every process; 0: none. Failures (5xx), what takes a second or more, and the first 100 refusals (4xx) of each second get one always.',
  },
  logAddresses: {
    name: 'PARASOL_LOG_ADDRESSES',
    type: 'choice',
    default: 'truncated',
    of: ['truncated', 'whole', 'none'],
    doc: 'How clients stand in the log: `truncated` (`203.0.113.0/24`, `2001:db8:7::/48`), which names no household, `whole`, or not at all.',
  },
} as const satisfies Record<string, Setting>
