import { appUsage, keyUsage } from '../../../../contract/analytics-usage.ts'
import { operations as on } from '../../../../contract/operations/operations.ts'
import { requireWholeFleet } from '../../platform/auth/authenticate.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { writeAnswer } from '../questions/write-answer.ts'
import { listAppUsage } from './list-app-usage.ts'
import { listKeyUsage } from './list-key-usage.ts'
import { readStorage } from './read-storage.ts'

export const addUsageRoutes: AddRoutes = (bind, { db, keep, eventsDays }) => {
  bind(on.listAppUsage, async ({ query, actor, request }) => {
    requireWholeFleet(actor, 'the usage of all apps')
    const page = await listAppUsage(db, query)
    const format = { format: query.format, request, columns: Object.keys(appUsage.shape), name: 'app-usage' }
    return writeAnswer(page, page.items, format)
  })
  bind(on.listKeyUsage, async ({ query, actor, request }) => {
    requireWholeFleet(actor, 'the usage of all keys')
    const page = await listKeyUsage(db, query)
    const format = { format: query.format, request, columns: Object.keys(keyUsage.shape), name: 'key-usage' }
    return writeAnswer(page, page.items, format)
  })
  bind(on.readAnalyticsStorage, async ({ actor }) => {
    requireWholeFleet(actor, 'what all numbers take')
    return jsonResponse(await readStorage(db, { keep, eventsDays }))
  })
}
