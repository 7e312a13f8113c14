import type { AuditEntry as Row } from '../../../contract/audit.ts'
import { defineAskingCommand } from '../asking-command.ts'
import { listOptions, showList } from '../output/show-list.ts'

/** Rows hold whole documents, so their pages are smaller than others. */
const pageMost = 50

export const command = defineAskingCommand({
  summary: 'Who changed what, newest first.',
  details: 'What was there before and after is in --json.',
  options: {
    app: { type: 'string', value: 'appId', doc: 'only what happened to one app' },
    actor: { type: 'string', value: 'name', doc: 'only what one actor did' },
    action: {
      type: 'string',
      value: 'action',
      doc: 'only one action, as release.publish, or all of release',
    },
    from: { type: 'string', value: 'date', doc: 'not before' },
    to: { type: 'string', value: 'date', doc: 'before' },
    ...listOptions,
  },
  examples: ['parasol audit list --app shop --action release', 'parasol audit list --from 2026-11-01 --json'],
  run: async (given, session) => {
    const { app, actor, action, from, to } = given
    const query = { appId: app, actor, action, from, to }
    const columns = [
      { head: 'ROW', of: (row: Row) => row.id },
      { head: 'AT', of: (row: Row) => row.at },
      { head: 'BY', of: (row: Row) => row.actor },
      { head: 'ACTION', of: (row: Row) => row.action },
      { head: 'APP', of: (row: Row) => row.appId },
      { head: 'WHAT', of: (row: Row) => row.target },
      { head: 'REASON', of: (row: Row) => row.reason },
    ]
    await showList(session, given, 'GET /manage/v1/audit', { query }, columns, pageMost)
  },
})
