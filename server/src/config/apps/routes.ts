import { operations as on } from '../../../../contract/operations/operations.ts'
import { jsonResponse } from '../../platform/http/answers.ts'
import type { AddRoutes } from '../app.ts'
import { toApp } from '../store/apps.ts'
import { archiveApp, changeApp } from './change-app.ts'
import { cloneApp } from './clone-app.ts'
import { createApp } from './create-app.ts'
import { findAppOrThrow } from './find-app.ts'
import { listApps } from './list-apps.ts'
import { listChannels } from './list-channels.ts'

export const addAppRoutes: AddRoutes = (bind, { db, change }) => {
  bind(on.createApp, (input) => change(input, (scope) => createApp(scope, input.body)))
  bind(on.listApps, async ({ query, actor }) => jsonResponse(await listApps({ db, actor }, query)))
  bind(on.readApp, async ({ params, actor }) => {
    const app = toApp(await findAppOrThrow({ db, actor }, params.appId))
    return jsonResponse(app, { headers: { etag: `"${app.revision}"` } })
  })
  bind(on.changeApp, (input) =>
    change(input, (scope) => changeApp(scope, input.params.appId, input.body, input.headers['if-match'])),
  )
  bind(on.archiveApp, (input) =>
    change(input, (scope) => archiveApp(scope, input.params.appId, input.headers['if-match'])),
  )
  bind(on.cloneApp, (input) => change(input, (scope) => cloneApp(scope, input.params.appId, input.body)))
  bind(on.listChannels, async ({ params, actor }) =>
    jsonResponse(await listChannels({ db, actor }, params.appId)),
  )
}
