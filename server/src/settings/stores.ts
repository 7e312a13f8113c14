import type { Setting } from './setting-types.ts'

/** PostgreSQL and Redis. */
export const storeSettings = {
  databaseUrl: {
    name: 'DATABASE_URL',
    type: 'url',
    schemes: ['postgres', 'postgresql'],
    secret: true,
    doc: 'PostgreSQL, as `postgres://user:password@host:5432/database`. Empty: the embedded database.',
  },
  databasePool: {
    name: 'PARASOL_DATABASE_POOL',
    type: 'integer',
    default: 10,
    min: 1,
    max: 1000,
    doc: 'Connections to PostgreSQL at most.',
  },
  databaseTimeoutMs: {
    name: 'PARASOL_DATABASE_TIMEOUT_MS',
    type: 'integer',
    default: 5000,
    min: 10,
    max: 600_000,
    doc: 'Milliseconds that connecting to the database, or one statement, may take.',
  },
  redisUrl: {
    name: 'REDIS_URL',
    type: 'url',
    schemes: ['redis', 'rediss'],
    several: true,
    secret: true,
    doc: 'Redis, as `redis://host:6379`; several URLs with commas are a Cluster. Empty: memory alone.',
  },
  redisTimeoutMs: {
    name: 'PARASOL_REDIS_TIMEOUT_MS',
    type: 'integer',
    default: 250,
    min: 10,
    max: 60_000,
    doc: 'Milliseconds that one Redis command may take before the database is asked instead.',
  },
} as const satisfies Record<string, Setting>
