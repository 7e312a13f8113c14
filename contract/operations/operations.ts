import * as alertChannels from './alert-channels.ts'
import * as alertRules from './alert-rules.ts'
import * as alerts from './alerts.ts'
import * as analytics from './analytics.ts'
import * as apps from './apps.ts'
import * as audit from './audit.ts'
import * as configs from './configs.ts'
import * as delivery from './delivery.ts'
import * as events from './events.ts'
import * as fleet from './fleet.ts'
import * as guards from './guards.ts'
import * as health from './health.ts'
import * as keys from './keys.ts'
import * as limits from './limits.ts'
import * as live from './live.ts'
import * as openFeature from './openfeature.ts'
import * as purge from './purge.ts'
import * as releases from './releases.ts'
import * as reviews from './reviews.ts'
import * as rollouts from './rollouts.ts'

/** Everything Parasol answers, by operationId. Routes, checks and OpenAPI all come from this table. */
export const operations = {
  ...delivery,
  ...live,
  ...openFeature,
  ...apps,
  ...configs,
  ...releases,
  ...rollouts,
  ...guards,
  ...reviews,
  ...fleet,
  ...keys,
  ...limits,
  ...purge,
  ...events,
  ...analytics,
  ...alerts,
  ...alertRules,
  ...alertChannels,
  ...audit,
  ...health,
}

export type Operations = typeof operations
