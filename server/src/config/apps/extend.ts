import { Problem } from '../../../../contract/problems.ts'
import type { Scope } from '../change.ts'
import { findApp, shareApps } from '../store/apps.ts'
import { deepestChain, listAncestors, longestBelow } from '../store/chains.ts'

const refuse = (appId: string, why: string): never => {
  throw new Problem('invalid_extends', {
    detail: `${appId} cannot be extended here: ${why}`,
    errors: [{ code: 'invalid_extends', pointer: '/extends', detail: why }],
  })
}

/** Throws 409 unless `appId` can extend `template`: one that exists, is not archived, makes no circle and not too deep a chain. */
export const checkExtends = async ({ db }: Scope, appId: string, template: string): Promise<void> => {
  // Nobody may tie this template to another one, or archive it, meanwhile.
  await shareApps(db, [template])
  const found = await findApp(db, template)
  if (found?.kind !== 'template')
    return refuse(template, 'it is no template. Create it with "kind": "template".')
  if (found.archived_at) refuse(template, 'it is archived.')
  const above = await listAncestors(db, template)
  if (template === appId || above.includes(appId)) {
    refuse(template, `it extends ${appId} itself, so this would be a circle.`)
  }
  const depth = above.length + 2 + (await longestBelow(db, appId))
  if (depth > deepestChain) {
    refuse(template, `the chain would have ${depth} layers, and ${deepestChain} is the most.`)
  }
}
