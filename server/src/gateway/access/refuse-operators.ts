import { Problem } from '../../../../contract/problems.ts'
import { surfaceOf } from './surface.ts'

/**
 * Throws 404 for what is for operators, on the public port where they have one of their own. Theirs is the gateway as it is, so
 * that /docs can try any request; health is on both. Strangers are not told of it. `path` is normalised.
 */
export const refuseOperators = (path: string): void => {
  if (surfaceOf(path) !== 'admin') return
  throw new Problem('route_not_found', {
    detail: `${path} is not an address of this port.`,
  })
}
