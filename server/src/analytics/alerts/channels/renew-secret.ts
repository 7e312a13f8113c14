import { problemOf } from '../../../../../contract/problems.ts'
import { requireWholeFleet } from '../../../platform/auth/authenticate.ts'
import type { Answer } from '../../../platform/idempotency/once.ts'
import type { Scope } from '../../change.ts'
import { drawSecret } from '../deliver/sign-webhook.ts'
import { fieldsOf, lockChannel, toChannel, updateChannel } from '../store/channels.ts'
import { noSuchChannel } from './read-channel.ts'

/** How long the secret before goes on signing beside the new one. */
const besideMs = 86_400_000

/** Gives a webhook a new secret, which is in this answer and nowhere else. Throws 403, 404 or 422. */
export const renewSecret = async (scope: Scope, name: string): Promise<Answer> => {
  requireWholeFleet(scope.actor, 'a channel for alerts')
  const row = await lockChannel(scope.db, name)
  if (!row) throw noSuchChannel(name)
  if (row.kind !== 'webhook')
    throw problemOf([
      { code: 'invalid_field', pointer: '/kind', detail: `only a webhook is signed; ${name} is ${row.kind}` },
    ])
  const secret = drawSecret()
  const [current] = row.secrets
  const until = new Date(Date.now() + besideMs).toISOString()
  const secrets = [{ secret, until: null }, ...(current ? [{ secret: current.secret, until }] : [])]
  const channel = toChannel(await updateChannel(scope.db, name, { ...fieldsOf(row), secrets }))
  await scope.audit({
    ...{ action: 'alert-channel.secret', appId: null, target: name },
    ...{ before: toChannel(row), after: channel },
  })
  return { status: 201, headers: { etag: `"${channel.revision}"` }, body: { ...channel, secret } }
}
