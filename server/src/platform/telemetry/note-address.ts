import type { RequestContext } from '../http/request-context.ts'
import { waitsForChange } from './measure-requests.ts'

/** An address with one place for an app, and the path of it up to there. */
interface Address {
  prefix: string
  /** As the contract writes it; undefined: what nothing is at. */
  template: string | undefined
}

/**
 * Notes which address of the contract a request is for, unless that is known better already: a path is as many as there are apps.
 * What stands below an app's config counts as `/*`.
 */
export const noteAddress = (context: RequestContext, { prefix, template }: Address, path: string): void => {
  if (template === undefined) return
  const isBelow = template.endsWith('{appId}') && path.indexOf('/', prefix.length + 1) > 0
  context.route = isBelow ? `${template}/*` : template
}

/** Notes that a request is left open: how long that takes says nothing of how fast we are. */
export const noteHeldOpen = (context: RequestContext, path: string): void => {
  if (path.endsWith('/stream')) context.route = context.route?.replace(/\/\*$/, '/stream')
  else context.cacheState = waitsForChange
}
