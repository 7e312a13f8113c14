import type { Kysely } from 'kysely'
import { bothDatabases } from '../../../../tests/stores/databases.ts'
import { type Actor, wholeFleet } from '../../platform/auth/authenticate.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { bind as bindTo } from '../../platform/http/bind.ts'
import { networksOf } from '../../platform/http/networks.ts'
import { createService } from '../../platform/http/service.ts'
import { createRunChange } from '../change.ts'
import type { SendMail } from './deliver/send-mail.ts'
import { addAlertRoutes } from './routes.ts'

/** The operators' routes over a database of their own; `as` is who asks. */
export const openAlertRoutes = async (given: { sendMail?: SendMail; requireIfMatch?: boolean } = {}) => {
  const own = await bothDatabases[1].make()
  const db: Kysely<Tables> = own.database.kysely
  const everybody: Actor = { name: 'ann', role: 'admin', scope: wholeFleet }
  let actor = everybody
  const service = createService({ onFault: () => {} })
  const limits = { maxBytes: 1 << 20, maxDepth: 20 }
  addAlertRoutes(
    (operation, handler) => bindTo(service, operation, { authenticate: async () => actor, limits }, handler),
    {
      db,
      change: createRunChange(db, { requireIfMatch: given.requireIfMatch ?? false }),
      publicUrl: undefined,
      sending: { outside: { allowed: networksOf(['loopback']) }, sendMail: given.sendMail },
    },
  )
  const ask = async (
    method: string,
    path: string,
    { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
  ) => {
    const response = await service.request(`/manage/v1/alerts${path}`, {
      method,
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: JSON.stringify(body) }),
    })
    const json = JSON.parse(await response.text())
    return { status: response.status, headers: response.headers, body: json, code: json.code }
  }
  return {
    db,
    ask,
    as: (next: Partial<Actor>) => {
      actor = { ...everybody, ...next }
    },
    close: () => own.drop(),
  }
}

export type AlertRoutes = Awaited<ReturnType<typeof openAlertRoutes>>
