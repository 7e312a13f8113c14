import * as apps from './apps.ts'
import * as configs from './configs.ts'
import * as delivery from './delivery.ts'
import * as health from './health.ts'
import * as releases from './releases.ts'

/** Everything Parasol answers, by operationId. Routes, checks and OpenAPI all come from this table. */
export const operations = { ...delivery, ...apps, ...configs, ...releases, ...health }

export type Operations = typeof operations
