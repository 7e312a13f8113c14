import type { App } from '../../../contract/app.ts'
import { fieldLines } from '../output/table.ts'
import { labelsText } from './labels.ts'
import { originsText } from './reading-options.ts'
import { attributesText } from './targeting-options.ts'

/** An app as lines of name and value. */
export const appText = (app: App): string =>
  fieldLines([
    ['appId', app.appId],
    ['name', app.name],
    ['kind', app.kind],
    ['extends', app.extends],
    ['access', app.access],
    ['allowed origins', originsText(app.allowedOrigins)],
    ['labels', labelsText(app.labels)],
    ['requires approval', app.requiresApproval ? 'yes' : ''],
    ['attributes', attributesText(app.attributes)],
    ['poll seconds', app.pollSeconds],
    ['state', app.archivedAt ? `archived since ${app.archivedAt}` : ''],
    ['revision', app.revision],
    ['created', app.createdAt],
    ['changed', app.updatedAt],
  ])
