import { keyFromHeader } from '../../../../contract/gateway-feed.ts'
import { Problem } from '../../../../contract/problems.ts'
import { readKey } from '../../platform/http/read-key.ts'
import type { ClientKeys } from '../../platform/keys/client-keys.ts'
import type { KnownApp } from './known-apps.ts'

/**
 * Throws where this sender may not send events to the app: 410 (archived), 401 (no key, or none that counts), 403 (a key of another
 * app or of no app, or a page of an origin that the app does not allow), 503 (what a key is cannot be found now).
 */
export const admitSender = async (
  app: KnownApp,
  request: Request,
  { keyInAddress, clientKeys }: { keyInAddress: string | null; clientKeys: ClientKeys },
): Promise<void> => {
  if (app.isArchived) throw gone(app.appId)
  const origin = request.headers.get('origin')
  if (origin !== null && app.origins && !app.origins.has(origin)) throw otherOrigin(app.appId, origin)
  const inHeader = readKey(request)
  const key = inHeader ?? keyInAddress
  if (key === null) {
    if (app.needsKey) throw keyNeeded(app.appId)
    return
  }
  const holder = await clientKeys.find(key)
  if (!holder) throw unknownKey()
  // A gateway has put into a header what stood in the address.
  const isInAddress = inHeader === null || request.headers.has(keyFromHeader)
  if ('scope' in holder) throw isInAddress ? keyOfOperators() : noClientKey(app.appId)
  if (holder.appId !== app.appId) throw keyOfAnother(app.appId)
}

const gone = (appId: string): Problem =>
  new Problem('config_gone', { detail: `The app ${appId} is archived: it takes no events.` })

const otherOrigin = (appId: string, origin: string): Problem =>
  new Problem('forbidden', {
    detail: `The app ${appId} does not take events from pages of ${origin.slice(0, 200)}; see its allowedOrigins.`,
  })

const keyNeeded = (appId: string): Problem =>
  new Problem('unauthorized', {
    detail: `The app ${appId} takes events with a client key: send it as \`X-API-Key: <key>\`, or where no header can be set, as ?key=.`,
    headers: { 'www-authenticate': 'Bearer realm="parasol"' },
  })

const unknownKey = (): Problem =>
  new Problem('unauthorized', {
    detail:
      'This key is not known here, has expired or was revoked. For an app that asks for no key, leave it out.',
    headers: { 'www-authenticate': 'Bearer realm="parasol", error="invalid_token"' },
  })

/** Addresses are written into logs, and such a key may do more than send events. */
const keyOfOperators = (): Problem =>
  new Problem('unauthorized', {
    detail: 'Only a client key may stand in the address.',
    headers: { 'www-authenticate': 'Bearer realm="parasol"' },
  })

const noClientKey = (appId: string): Problem =>
  new Problem('forbidden', {
    detail: `This is a key for operators. Events are sent with a client key of the app ${appId}, or without one where it asks for none.`,
  })

const keyOfAnother = (appId: string): Problem =>
  new Problem('forbidden', { detail: `This key is not for the app ${appId}.` })
