import { afterAll, beforeAll, describe } from 'vitest'
import { testEnvironment } from '../environment.ts'
import { alerts } from './alerts.ts'
import { appAccess } from './app-access.ts'
import { appTargeting } from './app-targeting.ts'
import { apps } from './apps.ts'
import { audit } from './audit.ts'
import { auditQuestions } from './audit-questions.ts'
import { bumps } from './bumps.ts'
import { caching } from './caching.ts'
import { channels } from './channels.ts'
import { chosen } from './chosen.ts'
import { clientKeys } from './client-keys.ts'
import { clones } from './clone.ts'
import { cors } from './cors.ts'
import { delivery } from './delivery.ts'
import { deprecation } from './deprecation.ts'
import { diffs } from './diffs.ts'
import { effective } from './effective.ts'
import { encodings } from './encodings.ts'
import { evaluated } from './evaluated.ts'
import { events } from './events.ts'
import { exported } from './export.ts'
import { flagdDefinition } from './flagd-definition.ts'
import { fleet } from './fleet.ts'
import { fleetRefusals } from './fleet-refusals.ts'
import { fleetRollbacks } from './fleet-rollbacks.ts'
import { fleetScopes } from './fleet-scopes.ts'
import { freezes } from './freezes.ts'
import { guarded } from './guarded.ts'
import { health } from './health.ts'
import { idempotency } from './idempotency.ts'
import { imported } from './import.ts'
import { importRefusals } from './import-refusals.ts'
import { keys } from './keys.ts'
import { limits } from './limits.ts'
import { live } from './live.ts'
import { liveRefusals } from './live-refusals.ts'
import { longPoll } from './long-poll.ts'
import { ofrep } from './ofrep.ts'
import { ofrepRefusals } from './ofrep-refusals.ts'
import { openapi } from './openapi.ts'
import { previews } from './preview.ts'
import { proposalWords } from './proposal-words.ts'
import { proposals } from './proposals.ts'
import { purges } from './purges.ts'
import { rateLimits } from './rate-limits.ts'
import { refusedBodies } from './refused-bodies.ts'
import { refusedRequests } from './refused-requests.ts'
import { releases } from './releases.ts'
import { roles } from './roles.ts'
import { rollouts } from './rollouts.ts'
import { schedules } from './schedules.ts'
import { schemas } from './schemas.ts'
import { scopes } from './scopes.ts'
import { search } from './search.ts'
import { security } from './security.ts'
import { type Recipe, type Shape, startShape } from './shapes.ts'
import { stopping } from './stopping.ts'
import { targeting } from './targeting.ts'
import { targetingChanges } from './targeting-changes.ts'
import { targetingFiles } from './targeting-files.ts'
import { targetingRefusals } from './targeting-refusals.ts'
import { targetingVersions } from './targeting-versions.ts'
import { targetingViews } from './targeting-views.ts'
import { templateReleases } from './template-releases.ts'
import { templates } from './templates.ts'
import { tracing } from './tracing.ts'
import { versions } from './versions.ts'
import { whereUsed } from './where-used.ts'

type Suite = (shape: () => Shape) => void

/** What depends on the runtime, on the processes and on the stores: held to on every shape. `stopping` ends it. */
const wire: readonly Suite[] = [
  delivery,
  caching,
  encodings,
  cors,
  evaluated,
  targeting,
  chosen,
  previews,
  channels,
  deprecation,
  clientKeys,
  appAccess,
  flagdDefinition,
  ofrep,
  ofrepRefusals,
  apps,
  versions,
  releases,
  templates,
  fleet,
  imported,
  exported,
  idempotency,
  audit,
  keys,
  refusedBodies,
  refusedRequests,
  health,
  openapi,
  tracing,
  security,
  limits,
  live,
  liveRefusals,
  longPoll,
  events,
  guarded,
  alerts,
]

/** What operators may do: above all rules and SQL, the same in one process as in three. */
const rules: readonly Suite[] = [
  appTargeting,
  bumps,
  diffs,
  targetingVersions,
  targetingRefusals,
  targetingChanges,
  targetingFiles,
  rollouts,
  schedules,
  templateReleases,
  effective,
  whereUsed,
  targetingViews,
  search,
  clones,
  schemas,
  fleetRefusals,
  fleetRollbacks,
  fleetScopes,
  importRefusals,
  auditQuestions,
  freezes,
  purges,
  proposals,
  proposalWords,
  rateLimits,
  roles,
  scopes,
]

/**
 * The HTTP contract, on Parasol in one shape, started once; `wire` leaves the rules to other shapes on the same kind of
 * stores, but for a campaign (CAMPAIGN=1).
 */
export const contract = (name: string, recipe: Recipe, part: 'whole' | 'wire' = 'whole'): void => {
  const suites = part === 'whole' || testEnvironment.campaign ? [...wire, ...rules] : wire
  describe(name, () => {
    let running: Shape | undefined
    beforeAll(async () => {
      running = await startShape(recipe)
    })
    afterAll(() => running?.stop())
    const shape = (): Shape => {
      if (!running) throw new Error('the shape did not start')
      return running
    }
    for (const suite of [...suites, stopping]) suite(shape)
  })
}
