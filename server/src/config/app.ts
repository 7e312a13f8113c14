import type { Hono } from 'hono'
import type { Kysely } from 'kysely'
import { operations } from '../../../contract/operations/operations.ts'
import type { Authenticate } from '../platform/auth/authenticate.ts'
import type { Tables } from '../platform/database/tables.ts'
import { jsonResponse } from '../platform/http/answers.ts'
import { bind } from '../platform/http/bind.ts'
import type { BodyLimits } from '../platform/http/read-body.ts'
import type { RunChange } from './change.ts'
import { archiveApp, changeApp } from './change-app.ts'
import { createApp } from './create-app.ts'
import { findAppOrThrow } from './find-app.ts'
import { listApps } from './list-apps.ts'
import { listAudit } from './list-audit.ts'
import { listReleases } from './list-releases.ts'
import { listVersions } from './list-versions.ts'
import { publishRelease } from './publish-release.ts'
import { readVersion } from './read-version.ts'
import { saveVersion } from './save-version.ts'
import { toApp } from './store/apps.ts'

interface Management {
  db: Kysely<Tables>
  change: RunChange
  authenticate: Authenticate
  limits: BodyLimits
}

/** The management routes of the Config API: one line an operation. Delivery is in delivery/deliver-config.ts. */
export const addManagement = (service: Hono, { db, change, ...options }: Management): void => {
  const on = operations
  bind(service, on.createApp, options, (input) => change(input, (scope) => createApp(scope, input.body)))
  bind(service, on.listApps, options, async ({ query }) => jsonResponse(await listApps(db, query)))
  bind(service, on.readApp, options, async ({ params }) => {
    const app = toApp(await findAppOrThrow(db, params.appId))
    return jsonResponse(app, { headers: { etag: `"${app.revision}"` } })
  })
  bind(service, on.changeApp, options, (input) =>
    change(input, (scope) => changeApp(scope, input.params.appId, input.body, input.headers['if-match'])),
  )
  bind(service, on.archiveApp, options, (input) =>
    change(input, (scope) => archiveApp(scope, input.params.appId, input.headers['if-match'])),
  )

  bind(service, on.saveVersion, options, (input) =>
    change(input, (scope) => saveVersion(scope, input.params.appId, input.body)),
  )
  bind(service, on.listVersions, options, async ({ params, query }) =>
    jsonResponse(await listVersions(db, params.appId, query)),
  )
  bind(service, on.readVersion, options, async ({ params }) =>
    jsonResponse(await readVersion(db, params.appId, params.version)),
  )

  bind(service, on.publishRelease, options, (input) =>
    change(input, (scope) =>
      publishRelease(scope, input.params.appId, input.body, input.headers['if-match']),
    ),
  )
  bind(service, on.listReleases, options, async ({ params, query }) =>
    jsonResponse(await listReleases(db, params.appId, query)),
  )
  bind(service, on.listAudit, options, async ({ query }) => jsonResponse(await listAudit(db, query)))
}
