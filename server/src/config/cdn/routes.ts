import { operations as on } from '../../../../contract/operations/operations.ts'
import { Problem } from '../../../../contract/problems.ts'
import type { Changes, Notice } from '../../platform/changes/changes.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { listPurges } from './list-purges.ts'
import { noticeOf, purgeCaches } from './purge-caches.ts'

export const addPurgeRoutes: AddRoutes = (bind, { db, change, changes, cdns }) => {
  bind(on.purgeCaches, async (input) => {
    const answer = await change(input, (scope) => purgeCaches(scope, input.body, cdns))
    await tellGateways(changes, noticeOf(input.body))
    return answer
  })
  bind(on.listPurges, async ({ query, actor }) => jsonResponse(await listPurges({ db, actor }, query)))
}

/** Gateways hear of it by this message alone, so whoever asked has to know that it was not sent. */
const tellGateways = async (changes: Changes, notice: Notice): Promise<void> => {
  await changes.notify(notice).catch((cause) => {
    throw new Problem('store_unavailable', {
      detail:
        'CDNs are being purged, but the gateways could not be told. Send the same again a little later.',
      cause,
    })
  })
}
