import type { Hono } from 'hono'
import type { Authenticate } from '../../platform/auth/authenticate.ts'
import { bind } from '../../platform/http/bind.ts'
import type { Networks } from '../../platform/http/networks.ts'
import type { BodyLimits } from '../../platform/http/read-body.ts'
import { createRunChange } from '../change.ts'
import type { KeepDays } from '../rollups/fold-turn.ts'
import { type MailSettings, openMailer } from './deliver/send-mail.ts'
import type { Sending } from './deliver/send-message.ts'
import { measureRollups } from './measure-rollups.ts'
import { addAlertRoutes, type Bind } from './routes.ts'
import { type WatchOptions, watchAlerts } from './watch-alerts.ts'

export interface AlertSettings {
  /** Networks that messages may go to although they are not public. */
  alertNetworks: Networks
  mail: MailSettings | undefined
  /** Where operators reach this server. */
  publicUrl: string | undefined
}

/** How messages leave this process, those of rules and those that test a channel. */
export interface Telling {
  publicUrl: string | undefined
  sending: Omit<Sending, 'closing'>
}

type Options = AlertSettings &
  Omit<WatchOptions, keyof Telling | 'measure'> & {
    authenticate: Authenticate
    limits: BodyLimits
    keep: KeepDays
    requireIfMatch: boolean
  }

/** Watches what rules are about, and tells of it, until closed; adds the routes to manage that. */
export const openAlerts = (service: Hono, options: Options): { close(): Promise<void> } => {
  const { db, alertNetworks, mail, publicUrl, keep } = options
  const telling: Telling = {
    publicUrl,
    sending: { outside: { allowed: alertNetworks }, sendMail: mail && openMailer(mail) },
  }
  const bindHere: Bind = (operation, handler) => bind(service, operation, options, handler)
  addAlertRoutes(bindHere, { db, change: createRunChange(db, options), ...telling })
  return watchAlerts({ ...options, ...telling, measure: measureRollups(keep) })
}
