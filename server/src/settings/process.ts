import type { Setting } from './setting-types.ts'

const SERVICES = ['gateway', 'config', 'analytics'] as const
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** A process: what runs in it, how it starts and stops. */
export const processSettings = {
  services: {
    name: 'PARASOL_SERVICES',
    type: 'list',
    default: SERVICES,
    of: SERVICES,
    doc: 'Services that run in this process.',
  },
  configUrl: {
    name: 'PARASOL_CONFIG_URL',
    type: 'url',
    schemes: ['http', 'https'],
    several: true,
    doc: 'Where the config service answers; needed by a gateway when that service runs elsewhere, and by an analytics service for guarded rollouts. Several URLs with commas: requests are spread over them.',
  },
  analyticsUrl: {
    name: 'PARASOL_ANALYTICS_URL',
    type: 'url',
    schemes: ['http', 'https'],
    several: true,
    doc: 'Where the analytics service answers; needed by a gateway when that service runs elsewhere. Several URLs with commas: requests are spread over them.',
  },
  dataDir: {
    name: 'PARASOL_DATA_DIR',
    type: 'string',
    default: './data',
    doc: 'Folder of the embedded database, the snapshots and the admin token.',
  },
  examples: {
    name: 'PARASOL_EXAMPLES',
    type: 'choice',
    default: 'auto',
    of: ['auto', 'on', 'off'],
    doc: 'Load the example fleet at the first start; `auto` does so on the embedded database alone.',
  },
  logLevel: {
    name: 'PARASOL_LOG_LEVEL',
    type: 'choice',
    default: 'info',
    of: LEVELS,
    doc: 'Least severity that is logged.',
  },
  stopSeconds: {
    name: 'PARASOL_STOP_SECONDS',
    type: 'integer',
    default: 10,
    min: 0,
    max: 3600,
    doc: 'Seconds that requests in flight get to finish when the process is asked to stop.',
  },
  drainSeconds: {
    name: 'PARASOL_DRAIN_SECONDS',
    type: 'integer',
    default: 0,
    min: 0,
    max: 3600,
    doc: 'Seconds between "not ready" and closing, for a load balancer to look away.',
  },
} as const satisfies Record<string, Setting>
