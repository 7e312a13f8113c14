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
  minuteCountsDays: {
    name: 'PARASOL_MINUTE_COUNTS_DAYS',
    type: 'integer',
    default: 1,
    min: 1,
    max: 90,
    doc: 'Days before today that counts by the minute are kept; what is older is told by the hour.',
  },
  hourCountsDays: {
    name: 'PARASOL_HOUR_COUNTS_DAYS',
    type: 'integer',
    default: 90,
    min: 2,
    max: 3_650,
    doc: 'Days before today that counts by the hour are kept, which days of other time zones are made of; what is older is told by the day (UTC).',
  },
  dayCountsDays: {
    name: 'PARASOL_DAY_COUNTS_DAYS',
    type: 'integer',
    default: 400,
    min: 2,
    max: 3_650,
    doc: 'Days before today that counts by the day, and the usage of keys and apps, are kept; they are dropped by the month.',
  },
} as const satisfies Record<string, Setting>
