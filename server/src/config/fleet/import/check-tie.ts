import { Problem } from '../../../../../contract/problems.ts'
import { requireScope } from '../../../platform/auth/authenticate.ts'
import { deepestChain } from '../../store/chains.ts'
import type { ImportedApp } from '../../store/imports.ts'
import type { Deciding } from './decide-app.ts'
import { chainAbove, type KnownApp } from './known.ts'

type Field = 'extends' | 'standsOn'

/** As checkExtends, by what is known before this line. */
export const checkTie = (
  deciding: Pick<Deciding, 'actor' | 'known'>,
  app: ImportedApp,
  template: string,
): void => {
  const found = checkAbove(deciding, app, template, 'extends')
  if (found.archived && !app.archived) throw badTie('extends', template, 'it is archived.')
}

/** Throws a Problem where nothing may stand on this; what is archived may be stood on still. */
export const checkStand = (
  deciding: Pick<Deciding, 'actor' | 'known'>,
  app: ImportedApp,
  template: string,
): void => void checkAbove(deciding, app, template, 'standsOn')

const checkAbove = (
  { actor, known }: Pick<Deciding, 'actor' | 'known'>,
  app: ImportedApp,
  template: string,
  field: Field,
): KnownApp => {
  const found = known.apps.get(template)
  if (!found || template === app.appId) {
    throw badTie(field, template, 'there is no such template yet. Put its line before this one.')
  }
  if (found.kind === 'app') throw badTie(field, template, 'it is an app, and only templates are extended.')
  requireScope(actor, { app_id: template, labels: found.labels })
  const above = [found, ...chainAbove(known.apps, template)]
  if (above.some(({ appId }) => appId === app.appId)) {
    throw badTie(field, template, `it extends ${app.appId} itself, so this would be a circle.`)
  }
  if (above.length + 1 > deepestChain) {
    throw badTie(
      field,
      template,
      `the chain would have ${above.length + 1} layers, and ${deepestChain} is the most.`,
    )
  }
  return found
}

const badTie = (field: Field, template: string, why: string): Problem =>
  new Problem('invalid_extends', {
    detail: `${template} cannot be ${field === 'extends' ? 'extended' : 'stood on'} here: ${why}`,
    errors: [{ code: 'invalid_extends', pointer: `/${field}`, detail: why }],
  })
