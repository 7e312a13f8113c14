import type { ChangeAppInput } from '../../../../contract/app.ts'
import { equalJson } from '../../../../contract/json-equal.ts'
import { requireRole } from '../../platform/auth/authenticate.ts'
import type { Scope } from '../change.ts'
import { listHindrances, requireOverride } from '../releases/may-release.ts'
import type { AppRow } from '../store/apps.ts'
import { listAncestors } from '../store/chains.ts'
import { lockChainAbove } from './lock-chain.ts'

/**
 * Throws 403 where a change would walk around another person's approval, or a freeze: who asks for no approval any more, or
 * leaves a template that asks for it or is frozen, must be an administrator, of that template too. Who may read it reaches
 * clients at once, as a release does. Lock the app first.
 */
export const mayLoosen = async (scope: Scope, before: AppRow, input: ChangeAppInput): Promise<void> => {
  const { app_id: appId } = before
  const isForOthers =
    (input.access !== undefined && input.access !== before.access) ||
    (input.allowedOrigins !== undefined && !equalJson(input.allowedOrigins, before.allowed_origins))
  if (isForOthers) requireRole(scope.actor, 'publisher', 'to change who may read it')
  if (before.requires_approval && input.requiresApproval === false) {
    requireRole(scope.actor, 'admin', 'to let it be released without another person’s approval')
  }
  if (input.extends === undefined || input.extends === before.extends || before.extends === null) return
  const above = await lockChainAbove(scope, appId)
  const kept =
    input.extends === null ? [] : [input.extends, ...(await listAncestors(scope.db, input.extends))]
  const left = above.filter((template) => !kept.includes(template))
  const hindrances = await listHindrances(scope.db, [appId], { isApproved: false })
  const escaped = hindrances.filter(({ setBy }) => setBy !== null && left.includes(setBy))
  if (escaped.length > 0) await requireOverride(scope, escaped, `leaving ${before.extends}`)
}
