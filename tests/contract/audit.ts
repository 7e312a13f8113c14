import { describe, expect, it } from 'vitest'
import { askPostgres } from '../stores/ask.ts'
import {
  type App,
  type AuditEntry,
  createApp,
  manage,
  newestAudit,
  type Page,
  publishApp,
  type Release,
  readAudit,
} from './operator.ts'
import type { Shape } from './shapes.ts'

const rows = (shape: () => Shape): void => {
  it('tells of every change with the whole state before and after, newest first', async () => {
    const created = await createApp(shape())
    const path = `/apps/${created.appId}`
    const body = { configVersion: '1.0.0', data: { price: 1 }, note: 'n' }
    const version = (await manage(shape(), 'POST', `${path}/configs`, { body })).json()
    const publish = (reason?: string) =>
      manage(shape(), 'POST', `${path}/releases`, { body: { configVersion: '1.0.0', reason } })
    const first = (await publish()).json<Release>()
    const second = (await publish('again')).json<Release>()
    const named = (await manage(shape(), 'PATCH', path, { body: { name: 'New' } })).json<App>()
    const archived = (await manage(shape(), 'DELETE', path)).json<App>()
    const back = (await manage(shape(), 'PATCH', path, { body: { archived: false } })).json<App>()

    const audit = await readAudit(shape(), created.appId)
    const told = audit.map(({ action, target, before, after, reason }) => ({
      action,
      target,
      before,
      after,
      reason,
    }))
    const app = { target: created.appId, reason: null }
    const release = { action: 'release.publish', target: '1.0.0' }
    expect(told).toEqual([
      { ...app, action: 'app.change', before: archived, after: back },
      { ...app, action: 'app.archive', before: named, after: archived },
      { ...app, action: 'app.change', before: created, after: named },
      { ...release, before: first, after: second, reason: 'again' },
      { ...release, before: null, after: first, reason: null },
      { action: 'version.save', target: '1.0.0', before: null, after: version, reason: null },
      { ...app, action: 'app.create', before: null, after: created },
    ])
  })

  it('tells who, when and by which request, under a hash of its own', async () => {
    const { appId } = await createApp(shape())
    const headers = { 'x-request-id': `ticket-${appId}` }
    await manage(shape(), 'PATCH', `/apps/${appId}`, { body: { name: 'x' }, headers })
    const [entry, before] = await readAudit(shape(), appId)
    expect(Object.keys(entry ?? {})).toEqual([
      'id',
      'at',
      'actor',
      'action',
      'appId',
      'target',
      'before',
      'after',
      'reason',
      'requestId',
      'hash',
    ])
    expect(entry).toMatchObject({ actor: 'admin', appId, requestId: `ticket-${appId}` })
    expect(entry?.at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
    expect(entry?.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(entry?.hash).not.toBe(before?.hash)
    expect(entry?.id).toBeGreaterThan(before?.id ?? 0)
  })

  it('is read page after page, of one app or of all', async () => {
    const { appId } = await publishApp(shape())
    const whole = await readAudit(shape(), appId)
    expect(whole).toHaveLength(3)
    const paged: AuditEntry[] = []
    let cursor = ''
    do {
      const path = `/audit?limit=1&appId=${appId}${cursor && `&cursor=${cursor}`}`
      const page = (await manage(shape(), 'GET', path)).json<Page<AuditEntry>>()
      paged.push(...page.items)
      cursor = page.nextCursor ?? ''
    } while (cursor !== '')
    expect(paged).toEqual(whole)
    const ids = (await readAudit(shape())).map((entry) => entry.id)
    expect(ids).toEqual([...ids].sort((a, b) => b - a))
  })
}

const omissions = (shape: () => Shape): void => {
  it('tells nothing of what was refused or changed nothing', async () => {
    const { appId } = await publishApp(shape())
    const path = `/apps/${appId}`
    await manage(shape(), 'DELETE', path)
    const newest = await newestAudit(shape())
    const questions: [string, string, object?][] = [
      ['POST', '/apps', { appId, name: 'taken' }],
      ['POST', '/apps', { appId: 'a b', name: 'bad' }],
      ['DELETE', path],
      ['PATCH', path, { name: 'archived' }],
      ['POST', `${path}/configs`, { configVersion: '1.0.0', data: {} }],
      ['POST', `${path}/releases`, { configVersion: '1.0.0' }],
      ['GET', path],
    ]
    for (const [method, where, body] of questions) await manage(shape(), method, where, body ? { body } : {})
    expect(await newestAudit(shape())).toEqual(newest)
  })

  it('is written in the transaction of the change', async () => {
    const { databaseUrl } = shape()
    if (databaseUrl === undefined) return
    const live = await publishApp(shape())
    // xmin is the number of the transaction that wrote the row as it stands.
    const [row] = await askPostgres(
      databaseUrl,
      `select r.xmin::text as release, a.xmin::text as audit from releases r
       join audit_log a on a.app_id = r.app_id and a.action = 'release.publish' where r.revision = ${live.revision}`,
    )
    expect(row?.release).toMatch(/^\d+$/)
    expect(row?.audit).toBe(row?.release)
  })
}

/** The audit log: who changed what, whole, and nothing else. */
export const audit = (shape: () => Shape): void => {
  describe('audit', () => {
    rows(shape)
    omissions(shape)
  })
}
