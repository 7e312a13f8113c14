import type { AuditCheck } from '../../../contract/audit.ts'
import { defineAskingCommand } from '../asking-command.ts'
import type { Client } from '../client.ts'
import { exitCodes } from '../command.ts'

/** The server checks for a few seconds at a time. */
const verifyAll = async (client: Client, since: string | undefined): Promise<AuditCheck> => {
  let rows = 0
  for (let after: string | undefined; ; ) {
    const query = { since, after }
    const check: AuditCheck = await client.ask('GET /manage/v1/audit/verify', { query })
    rows += check.rows
    if (!check.intact || check.next === null) return { ...check, rows }
    after = check.next
  }
}

export const command = defineAskingCommand({
  summary: 'Prove that nothing in the audit log was altered or removed.',
  details: `Recomputes the chain of hashes. Keep the head that it prints elsewhere: with --since it is proven that nothing up to
there was removed or altered. Exit code 1 when the log is not whole.`,
  options: { since: { type: 'string', value: 'id:hash', doc: 'the head that an earlier check gave' } },
  examples: ['parasol audit verify', 'parasol audit verify --since "$(cat audit-head)"'],
  run: async ({ since }, { client, print }) => {
    const check = await verifyAll(client, since)
    const head = check.head ? `\nhead ${check.head.id}:${check.head.hash}` : ''
    print.document(check, () => `${check.detail}${head}`)
    return check.intact ? exitCodes.done : exitCodes.failed
  },
})
