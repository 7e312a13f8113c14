import type { Setting } from './setting-types.ts'

/** The gateway. */
export const gatewaySettings = {
  routesFile: {
    name: 'PARASOL_ROUTES_FILE',
    type: 'string',
    doc: 'File of routes to other backends (docs/gateway.md), YAML or JSON; taken over within a second when it changes. Empty: our own addresses alone.',
  },
  rateLimits: {
    name: 'PARASOL_RATE_LIMITS',
    type: 'boolean',
    default: true,
    doc: 'Hold requests to the limits of `/manage/v1/limits`; off also to get in again after a limit that keeps everybody out.',
  },
  edgeCacheBytes: {
    name: 'PARASOL_EDGE_CACHE_BYTES',
    type: 'integer',
    default: 67_108_864,
    min: 1_048_576,
    max: 1_099_511_627_776,
    doc: 'Bytes of answers that a gateway keeps ready (docs/http-cache.md): of the config service where that is another process, and of routes that are `cached`. One answer may take an eighth.',
  },
} as const satisfies Record<string, Setting>
