import type { ChangeLimitInput } from '../../../contract/limit.ts'
import { defineAskingCommand } from '../asking-command.ts'
import type { Client } from '../client.ts'
import { UsageProblem } from '../command.ts'
import { ifMatchOptions } from '../if-match.ts'
import { onceKey, onceOptions } from '../once.ts'
import type { Answered } from '../operation-types.ts'
import { Refusal } from '../refusal.ts'
import { limitText } from './limit-text.ts'
import { readCost } from './read-cost.ts'

type Limit = Answered<'GET /manage/v1/limits/{name}'>

const find = (client: Client, name: string): Promise<Limit | undefined> =>
  client.ask('GET /manage/v1/limits/{name}', { params: { name } }).catch((error: unknown) => {
    if (error instanceof Refusal && error.problem.code === 'limit_not_found') return undefined
    throw error
  })

const create = (client: Client, name: string, fields: ChangeLimitInput, idempotencyKey: string) => {
  const { quota, windowSeconds } = fields
  const isException = name.includes('.')
  if (quota === undefined || windowSeconds === undefined || (!isException && !fields.per)) {
    const needs = isException ? '--quota and --window' : '--per, --quota and --window'
    throw new UsageProblem(`There is no limit ${name} yet. To make it, give ${needs}.`)
  }
  const body = { ...fields, name, quota, windowSeconds }
  return client.ask('POST /manage/v1/limits', { body, idempotencyKey })
}

export const command = defineAskingCommand({
  summary: 'Make or change a rate limit, or an exception to one.',
  details:
    'What is not named stays. burst.partner is an exception to burst, for the keys or the apps that it names. Refused (exit code 5) when somebody changes the limit in the same moment.',
  takes: ['name'],
  options: {
    per: { type: 'choice', of: ['key', 'app', 'ip', 'route'], doc: 'what is counted apart' },
    route: {
      type: 'string',
      value: 'class',
      doc: 'which requests: config, live, openfeature, analytics, management, any, or a policy of the routes file',
    },
    app: { type: 'string', value: 'appId', multiple: true, doc: 'only for this app; may be repeated' },
    key: { type: 'string', value: 'keyId', multiple: true, doc: 'only with this key; may be repeated' },
    everyone: { type: 'boolean', doc: 'for all apps and keys again' },
    quota: { type: 'integer', value: 'n', min: 1, max: 1_000_000_000, doc: 'what a window lets in' },
    window: { type: 'integer', value: 'seconds', min: 1, max: 2_678_400, doc: 'how long a window is' },
    cost: { type: 'string', value: 'n', doc: 'what a request costs; by method: POST=5,HEAD=0' },
    mode: { type: 'choice', of: ['shared', 'exact', 'process'], doc: 'how gateways count together' },
    enabled: { type: 'choice', of: ['yes', 'no'], doc: 'whether it counts' },
    note: { type: 'string', value: 'text', doc: 'for other operators' },
    ...ifMatchOptions,
    ...onceOptions,
  },
  examples: [
    'parasol limits set burst --per ip --route config --quota 200 --window 1',
    'parasol limits set daily --per key --quota 100000 --window 86400 --cost POST=5',
    'parasol limits set daily.partner --key k3v9x2m4p7q1 --quota 5000000 --window 86400',
    'parasol limits set burst --enabled no',
  ],
  run: async (given, { client, print }) => {
    const { name, everyone } = given
    const fields: ChangeLimitInput = {
      ...(given.per && { per: given.per }),
      ...(given.route !== undefined && { routeClass: given.route }),
      ...(everyone && { appIds: null, keyIds: null }),
      ...(given.app.length > 0 && { appIds: given.app }),
      ...(given.key.length > 0 && { keyIds: given.key }),
      ...(given.quota !== undefined && { quota: given.quota }),
      ...(given.window !== undefined && { windowSeconds: given.window }),
      ...(given.cost !== undefined && { cost: readCost(given.cost) }),
      ...(given.mode && { mode: given.mode }),
      ...(given.enabled && { isEnabled: given.enabled === 'yes' }),
      ...(given.note !== undefined && { note: given.note === '' ? null : given.note }),
    }
    if (Object.keys(fields).length === 0) throw new UsageProblem('Name at least one thing to set.')
    const before = given['if-match'] === undefined ? await find(client, name) : undefined
    const ifMatch = given['if-match'] ?? before?.revision
    const limit =
      ifMatch === undefined
        ? await create(client, name, fields, onceKey(given))
        : await client.ask('PATCH /manage/v1/limits/{name}', { params: { name }, body: fields, ifMatch })
    print.document(limit, () => limitText(limit))
  },
})
