import type { RequestContext } from '../http/request-context.ts'
import { waitsForChange } from './measure-requests.ts'

/** An address of the contract, and the path of it up to where an app's id stands, if one does. */
interface Address {
  prefix: string
  /** As the contract writes it; undefined: what nothing is at. */
  template: string | undefined
  /** The same for what stands below an app; left out where nothing does. */
  below?: string
}

/** Notes which address of the contract a request is for: there are as many paths as apps. Runs for every request, so it makes nothing. */
export const noteAddress = (
  context: RequestContext,
  { prefix, template, below }: Address,
  path: string,
): void => {
  context.route = below !== undefined && path.indexOf('/', prefix.length + 1) > 0 ? below : template
}

/** Notes that a request is left open: how long that takes says nothing of how fast we are. */
export const noteHeldOpen = (context: RequestContext, path: string): void => {
  if (path.endsWith('/stream')) context.route = context.route?.replace(/\/\*$/, '/stream')
  else context.cacheState = waitsForChange
}
