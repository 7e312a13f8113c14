import type { RouteConfig } from '@hono/zod-openapi'
import type { Kysely } from 'kysely'
import { operations as on } from '../../../../contract/operations/operations.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { Input } from '../../platform/http/bind.ts'
import type { RunChange } from '../change.ts'
import { changeChannel } from './channels/change-channel.ts'
import { createChannel } from './channels/create-channel.ts'
import { listChannels } from './channels/list-channels.ts'
import { readChannel } from './channels/read-channel.ts'
import { removeChannel } from './channels/remove-channel.ts'
import { renewSecret } from './channels/renew-secret.ts'
import { testChannel } from './channels/test-channel.ts'
import { listAlerts } from './list-alerts.ts'
import { listDeliveries } from './list-deliveries.ts'
import type { Telling } from './open-alerts.ts'
import { changeRule } from './rules/change-rule.ts'
import { createRule } from './rules/create-rule.ts'
import { listRules } from './rules/list-rules.ts'
import { readRule } from './rules/read-rule.ts'
import { removeRule } from './rules/remove-rule.ts'
import { createSilence } from './silences/create-silence.ts'
import { endSilence } from './silences/end-silence.ts'
import { listSilences } from './silences/list-silences.ts'

export type Bind = <R extends RouteConfig>(
  operation: R,
  handler: (input: Input<R>) => Promise<Response>,
) => void

interface Given extends Telling {
  db: Kysely<Tables>
  change: RunChange
}

/** The operators' routes below /manage/v1/alerts, a line an operation. */
export const addAlertRoutes = (bind: Bind, given: Given): void => {
  const { db, change } = given
  bind(on.listAlerts, async ({ query, actor }) => jsonResponse(await listAlerts({ db, actor }, query)))
  bind(on.listAlertDeliveries, async ({ query, actor }) =>
    jsonResponse(await listDeliveries({ db, actor }, query)),
  )
  bind(on.createAlertSilence, (input) => change(input, (scope) => createSilence(scope, input.body)))
  bind(on.listAlertSilences, async ({ query, actor }) =>
    jsonResponse(await listSilences({ db, actor }, query)),
  )
  bind(on.endAlertSilence, (input) => change(input, (scope) => endSilence(scope, input.params.silenceId)))
  bindRules(bind, given)
  bindChannels(bind, given)
}

const bindRules = (bind: Bind, { db, change, publicUrl }: Given): void => {
  bind(on.createAlertRule, (input) => change(input, (scope) => createRule(scope, input.body)))
  bind(on.listAlertRules, async ({ query, actor }) => jsonResponse(await listRules({ db, actor }, query)))
  bind(on.readAlertRule, async ({ params, actor }) => {
    const rule = await readRule({ db, actor }, params.name)
    return jsonResponse(rule, { headers: { etag: `"${rule.revision}"` } })
  })
  bind(on.changeAlertRule, (input) => {
    const given = { ifMatch: input.headers['if-match'], publicUrl }
    return change(input, (scope) => changeRule(scope, input.params.name, input.body, given))
  })
  bind(on.removeAlertRule, (input) => {
    const given = { ifMatch: input.headers['if-match'], publicUrl }
    return change(input, (scope) => removeRule(scope, input.params.name, given))
  })
}

const bindChannels = (bind: Bind, { db, change, sending }: Given): void => {
  const hasMail = sending.sendMail !== undefined
  bind(on.createAlertChannel, (input) =>
    change(input, (scope) => createChannel(scope, input.body, { hasMail })),
  )
  bind(on.listAlertChannels, async ({ query, actor }) =>
    jsonResponse(await listChannels({ db, actor }, query)),
  )
  bind(on.readAlertChannel, async ({ params, actor }) => {
    const channel = await readChannel({ db, actor }, params.name)
    return jsonResponse(channel, { headers: { etag: `"${channel.revision}"` } })
  })
  bind(on.changeAlertChannel, (input) =>
    change(input, (scope) => changeChannel(scope, input.params.name, input.body, input.headers['if-match'])),
  )
  bind(on.removeAlertChannel, (input) =>
    change(input, (scope) => removeChannel(scope, input.params.name, input.headers['if-match'])),
  )
  bind(on.renewAlertChannelSecret, (input) => change(input, (scope) => renewSecret(scope, input.params.name)))
  bind(on.testAlertChannel, async ({ params, actor, request }) =>
    jsonResponse(await testChannel({ db, actor }, params.name, sending, request.signal)),
  )
}
