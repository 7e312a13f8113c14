import { describe, expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { askPostgres } from '../stores/ask.ts'
import { listKeys, statusWith } from './key-calls.ts'
import { keyLimits } from './key-limits.ts'
import {
  as,
  createApp,
  createKey,
  freshId,
  type Key,
  manage,
  type Page,
  publishApp,
  type Release,
  readAudit,
} from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

const invalidToken = 'Bearer realm="parasol", error="invalid_token"'
const insufficientScope = 'Bearer realm="parasol", error="insufficient_scope"'

const makes = (shape: () => Shape): void => {
  it('makes a key: 201 with its address, every field, and the key', async () => {
    const body = {
      name: freshId('ci of the shop'),
      role: 'editor',
      appIds: ['b', 'a', 'b'],
      labels: { team: 'x' },
      expiresAt: '2100-01-01',
    }
    const answer = await manage(shape(), 'POST', '/keys', { body })
    expect(answer.status, answer.text).toBe(201)
    const { key, ...made } = answer.json<Key>()
    expect(answer.headers.location).toBe(`/manage/v1/keys/${made.keyId}`)
    expect(made.keyId).toMatch(/^[a-z0-9]{12}$/)
    expect(key).toMatch(new RegExp(`^parasol_${made.keyId}_[A-Za-z0-9_-]{32}$`))
    expect(made).toEqual({
      ...body,
      keyId: made.keyId,
      appIds: ['a', 'b'],
      channel: null,
      state: 'active',
      expiresAt: '2100-01-01T00:00:00.000Z',
      previousExpiresAt: null,
      lastUsedOn: null,
      createdBy: 'admin',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      revokedAt: null,
    })
    expect((await listKeys(shape())).find(({ keyId }) => keyId === made.keyId)).toEqual(made)
  })

  it('counts as its holder, whose name stands in history and audit log', async () => {
    const { appId } = await publishApp(shape())
    const ann = await createKey(shape(), { role: 'publisher', appIds: [appId] })
    const body = { configVersion: '1.0.0', reason: 'again' }
    const answer = await manage(as(shape(), ann), 'POST', `/apps/${appId}/releases`, { body })
    expect(answer.status, answer.text).toBe(201)
    expect(answer.json<Release>().actor).toBe(ann.name)
    expect((await readAudit(shape(), appId))[0]?.actor).toBe(ann.name)
  })

  it('keeps the key nowhere: not in the audit log, the database or the logs', async () => {
    const made = await createKey(shape(), { role: 'viewer' })
    const headers = { 'idempotency-key': freshId() }
    const rotated = (
      await manage(shape(), 'POST', `/keys/${made.keyId}/rotate`, { body: { overlapSeconds: 60 }, headers })
    ).json<Key>()
    await manage(as(shape(), rotated), 'GET', '/apps')
    const secrets = [made.key, rotated.key].map((key) => key.slice(-32))
    const { databaseUrl, processes } = shape()
    const kept = [JSON.stringify(await readAudit(shape())), ...processes.map((program) => program.logs())]
    if (databaseUrl !== undefined) {
      for (const table of ['api_keys', 'audit_log', 'idempotency_keys', 'outbox']) {
        kept.push(JSON.stringify(await askPostgres(databaseUrl, `select t::text from ${table} t`)))
      }
    }
    for (const secret of secrets) expect(kept.filter((text) => text.includes(secret))).toEqual([])
    const [row] = (await readAudit(shape())).filter(({ target }) => target === made.keyId)
    expect(row).toMatchObject({ action: 'key.rotate', before: { keyId: made.keyId }, appId: null })
  })

  it('notes the day on which it was used last', async () => {
    const made = await createKey(shape(), { role: 'viewer' })
    await manage(as(shape(), made), 'GET', '/apps')
    await eventually(async () => {
      const used = (await listKeys(shape())).find(({ keyId }) => keyId === made.keyId)
      expect(used?.lastUsedOn).toMatch(/^\d{4}-\d\d-\d\d$/)
    })
  })

  it('lists keys by keyId, page after page', async () => {
    for (let n = 0; n < 3; n++) await createKey(shape(), { role: 'viewer' })
    const whole = await listKeys(shape())
    const first = (await manage(shape(), 'GET', '/keys?limit=2')).json<Page<Key>>()
    expect(first.items).toEqual(whole.slice(0, 2))
    const next = await manage(shape(), 'GET', `/keys?limit=2&cursor=${first.nextCursor}`)
    expect(next.json<Page<Key>>().items).toEqual(whole.slice(2, 4))
    expectProblem(await manage(shape(), 'GET', '/keys?cursor=x'), 'invalid_cursor')
  })
}

const refused: [what: string, input: object, place: string][] = [
  ['the reserved name', { name: 'Admin' }, 'invalid_field /name'],
  ['a name with spaces at its ends', { name: 'ann ' }, 'invalid_field /name'],
  ['a name with a line break', { name: 'a\nb' }, 'invalid_field /name'],
  ['no role', { role: undefined }, 'missing_field /role'],
  ['an unknown role', { role: 'root' }, 'invalid_field /role'],
  ['no apps at all', { appIds: [] }, 'invalid_field /appIds'],
  ['an appId that is none', { appIds: ['a b'] }, 'invalid_field /appIds/0'],
  ['a channel without the role client', { channel: 'beta' }, 'invalid_field /channel'],
  ['the role client without a channel', { role: 'client', appIds: ['a'] }, 'invalid_field /channel'],
  ['the role client without an app', { role: 'client', channel: 'beta' }, 'invalid_field /appIds'],
  [
    'the role client with two apps',
    { role: 'client', channel: 'beta', appIds: ['a', 'b'] },
    'invalid_field /appIds',
  ],
  ['labels that choose every app', { role: 'admin', labels: {} }, 'invalid_field /labels'],
  [
    'the role client with labels',
    { role: 'client', channel: 'beta', appIds: ['a'], labels: { a: 'b' } },
    'invalid_field /labels',
  ],
  ['a date that is none', { expiresAt: '2027-02-30' }, 'invalid_date /expiresAt'],
  ['a date that is past', { expiresAt: '2020-01-01' }, 'invalid_date /expiresAt'],
  ['a key of one’s own', { key: 'parasol_x' }, 'unknown_field /key'],
]

const refuses = (shape: () => Shape): void => {
  it.each(refused)('refuses %s', async (_, input, place) => {
    const body = { name: freshId('key'), role: 'viewer', ...input }
    const answer = await manage(shape(), 'POST', '/keys', { body })
    expect(answer.status).toBe(422)
    const [code] = place.split(' ')
    expect(places(expectProblem(answer, code as 'invalid_field'))).toEqual([place])
  })

  it('answers 409 to a name that another key has, until that is revoked', async () => {
    const first = await createKey(shape(), { role: 'viewer' })
    const body = { name: first.name.toUpperCase(), role: 'admin' }
    expectProblem(await manage(shape(), 'POST', '/keys', { body }), 'key_exists')
    await manage(shape(), 'DELETE', `/keys/${first.keyId}`)
    expect((await manage(shape(), 'POST', '/keys', { body })).status).toBe(201)
  })

  it('makes one key of a name that is asked for many times at once', async () => {
    const body = { name: freshId('key'), role: 'viewer' }
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => manage(shape(), 'POST', '/keys', { body })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409])
  })

  it('answers 404 for an app that a client key cannot be for, and for keys there are not', async () => {
    const body = { name: freshId('key'), role: 'client', channel: 'beta', appIds: [freshId()] }
    expectProblem(await manage(shape(), 'POST', '/keys', { body }), 'app_not_found')
    expectProblem(await manage(shape(), 'DELETE', '/keys/none'), 'key_not_found')
    expectProblem(await manage(shape(), 'POST', '/keys/none/rotate', { body: {} }), 'key_not_found')
    expectProblem(await manage(shape(), 'DELETE', '/keys/a%00b'), 'invalid_request')
  })

  it('tells a token that is not enough from one that does not count', async () => {
    const viewer = await createKey(shape(), { role: 'viewer' })
    const body = { appId: freshId(), name: 'x' }
    const notEnough = await manage(as(shape(), viewer), 'POST', '/apps', { body })
    expect(expectProblem(notEnough, 'forbidden').detail).toContain('has the role viewer')
    expect(notEnough.headers['www-authenticate']).toBe(insufficientScope)

    const { appId } = await createApp(shape())
    const client = await createKey(shape(), { role: 'client', channel: 'stable', appIds: [appId] })
    const noManager = await manage(as(shape(), client), 'GET', `/apps/${appId}`)
    expect(expectProblem(noManager, 'forbidden').detail).toContain('client key')
    expect(noManager.headers['www-authenticate']).toBe(insufficientScope)

    const forgeries = [
      `${viewer.key.slice(0, -1)}${viewer.key.endsWith('A') ? 'B' : 'A'}`,
      viewer.key.replace(viewer.keyId, 'abcdefghijkl'),
      viewer.key.toUpperCase(),
    ]
    for (const key of forgeries) {
      const unknown = await manage(as(shape(), { key }), 'GET', '/apps')
      expectProblem(unknown, 'unauthorized')
      expect(unknown.headers['www-authenticate']).toBe(invalidToken)
    }
  })
}

const ends = (shape: () => Shape): void => {
  it('rotates a key with overlap: the old one counts beside the new one for a while', async () => {
    const made = await createKey(shape(), { role: 'viewer' })
    const path = `/keys/${made.keyId}/rotate`
    const answer = await manage(shape(), 'POST', path, { body: {} })
    expect(answer.status, answer.text).toBe(200)
    const { key, ...rotated } = answer.json<Key>()
    const { key: _, ...before } = made
    expect(rotated).toEqual({ ...before, previousExpiresAt: expect.any(String) })
    const overlapMs = Date.parse(rotated.previousExpiresAt ?? '') - Date.parse(made.createdAt)
    expect(overlapMs).toBeGreaterThanOrEqual(86_400_000)
    expect([await statusWith(shape(), made.key), await statusWith(shape(), key)]).toEqual([200, 200])

    const again = await manage(shape(), 'POST', path, { body: { overlapSeconds: 60 } })
    expect(expectProblem(again, 'already_decided').detail).toContain(rotated.previousExpiresAt)

    const last = (await manage(shape(), 'POST', path, { body: { overlapSeconds: 0 } })).json<Key>()
    expect(last.previousExpiresAt).toBeNull()
    const statuses = await Promise.all([made.key, key, last.key].map((each) => statusWith(shape(), each)))
    expect(statuses).toEqual([401, 401, 200])
  })

  it('revokes a key and the one before it at once', async () => {
    const made = await createKey(shape(), { role: 'viewer' })
    const path = `/keys/${made.keyId}`
    const rotated = (await manage(shape(), 'POST', `${path}/rotate`, { body: {} })).json<Key>()
    const answer = await manage(shape(), 'DELETE', path)
    expect(answer.status, answer.text).toBe(200)
    const revoked = answer.json<Key>()
    expect(revoked).toMatchObject({
      state: 'revoked',
      revokedAt: expect.any(String),
      previousExpiresAt: null,
    })
    expect(revoked).not.toHaveProperty('key')
    const refusal = await manage(as(shape(), rotated), 'GET', '/apps')
    expectProblem(refusal, 'unauthorized')
    expect(refusal.headers['www-authenticate']).toBe(invalidToken)
    expect(await statusWith(shape(), made.key)).toBe(401)
    expectProblem(await manage(shape(), 'DELETE', path), 'already_decided')
    expectProblem(await manage(shape(), 'POST', `${path}/rotate`, { body: {} }), 'already_decided')
  })

  it.each([
    ['no body', undefined, 'unsupported_media_type'],
    ['a negative overlap', { overlapSeconds: -1 }, 'invalid_field'],
    ['more than 30 days', { overlapSeconds: 2_592_001 }, 'invalid_field'],
    ['an unknown field', { overlap: 1 }, 'unknown_field'],
  ] as const)('refuses to rotate with %s', async (_, body, code) => {
    const made = await createKey(shape(), { role: 'viewer' })
    const path = `/keys/${made.keyId}/rotate`
    expectProblem(await manage(shape(), 'POST', path, body ? { body } : {}), code)
    expect(await statusWith(shape(), made.key)).toBe(200)
  })
}

/** Keys for people, machines and clients: made, listed, rotated, revoked. */
export const keys = (shape: () => Shape): void => {
  describe('keys', () => {
    makes(shape)
    refuses(shape)
    ends(shape)
    keyLimits(shape)
  })
}
