import type { Setting } from './setting-types.ts'

/** The analytics service: what apps send and what is counted. */
export const analyticsSettings = {
  analytics: {
    name: 'PARASOL_ANALYTICS',
    type: 'boolean',
    default: true,
    doc: 'Count requests for configs, and keep the counts; off: questions about them find nothing, and what apps send is not taken.',
  },
  eventsDays: {
    name: 'PARASOL_EVENTS_DAYS',
    type: 'integer',
    default: 14,
    min: 1,
    max: 3_650,
    doc: 'Days that events of apps are kept one by one; what is counted of them stays longer. Events that arrive may be a week old, or so many days where these are fewer.',
  },
  prometheusUrl: {
    name: 'PARASOL_PROMETHEUS_URL',
    type: 'url',
    schemes: ['http', 'https'],
    secret: true,
    doc: 'The Prometheus that guards of rollouts may ask, as `http://prometheus:9090`. An operator gives a query, never an address.',
  },
} as const satisfies Record<string, Setting>
