import { describe, expect, it } from 'vitest'
import type { AuditCheck } from '../../contract/audit.ts'
import { askPostgres } from '../stores/ask.ts'
import {
  type AuditEntry,
  as,
  createApp,
  createKey,
  freshId,
  manage,
  type Page,
  publishApp,
} from './operator.ts'
import { expectProblem, places } from './problem.ts'
import type { Shape } from './shapes.ts'

const find = async (shape: Shape, query: string): Promise<AuditEntry[]> => {
  const answer = await manage(shape, 'GET', `/audit?limit=50&${query}`)
  expect(answer.status, answer.text).toBe(200)
  return answer.json<Page<AuditEntry>>().items
}
const actionsOf = (rows: readonly AuditEntry[]): string[] => rows.map(({ action }) => action)

const filters = (shape: () => Shape): void => {
  it('finds what one actor did, what was done, and both', async () => {
    const key = await createKey(shape(), { role: 'publisher', name: freshId('Zoë & co') })
    const zoe = as(shape(), key)
    const { appId } = await publishApp(zoe)
    await manage(zoe, 'PATCH', `/apps/${appId}`, { body: { name: 'New' } })
    const by = `actor=${encodeURIComponent(key.name)}`
    const all = ['app.change', 'release.publish', 'version.save', 'app.create']
    expect(actionsOf(await find(shape(), by))).toEqual(all)
    expect(actionsOf(await find(shape(), `${by}&action=app`))).toEqual(['app.change', 'app.create'])
    expect(actionsOf(await find(shape(), `${by}&action=app.create`))).toEqual(['app.create'])
    expect(await find(shape(), `${by}&action=ap`)).toEqual([])
    expect(actionsOf(await find(shape(), `appId=${appId}&action=version.save`))).toEqual(['version.save'])
    expect(await find(shape(), `appId=${appId}&actor=admin`)).toEqual([])
  })

  it('finds what was done in a time: not before, and before', async () => {
    const { appId } = await publishApp(shape())
    const [release, version, app] = await find(shape(), `appId=${appId}`)
    const between = async (from: string | undefined, to: string | undefined) =>
      actionsOf(await find(shape(), `appId=${appId}${from ? `&from=${from}` : ''}${to ? `&to=${to}` : ''}`))
    expect(await between(app?.at, undefined)).toEqual(['release.publish', 'version.save', 'app.create'])
    expect(await between(version?.at, release?.at)).toEqual(['version.save'])
    expect(await between(undefined, app?.at)).toEqual([])
    expect(await between('2100-01-01', undefined)).toEqual([])
    expect(await between('2020-01-01', '2100-01-01T00:00:00%2B02:00')).toHaveLength(3)
  })

  it.each([
    ['from=yesterday', 'from'],
    ['to=2026-02-30', 'to'],
    ['action=app.', 'action'],
    ['action=Release', 'action'],
    ['actor=', 'actor'],
    ['actor=a%00b', 'actor'],
  ])('refuses %s', async (query, parameter) => {
    const answer = await manage(shape(), 'GET', `/audit?${query}`)
    expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual([`invalid_parameter ${parameter}`])
  })

  it('shows a limited token what was done to its apps alone', async () => {
    const [{ appId }, { appId: other }] = [await publishApp(shape()), await publishApp(shape())]
    const team = freshId()
    const { appId: labelled } = await createApp(shape(), { labels: { team } })
    const byId = as(shape(), await createKey(shape(), { role: 'viewer', appIds: [appId] }))
    expect(new Set((await find(byId, '')).map((row) => row.appId))).toEqual(new Set([appId]))
    expect(await find(byId, `appId=${other}`)).toEqual([])
    expect(await find(byId, 'action=key')).toEqual([])
    const byLabel = as(shape(), await createKey(shape(), { role: 'viewer', labels: { team } }))
    expect((await find(byLabel, '')).map((row) => row.appId)).toEqual([labelled])
  })
}

const checks = (shape: () => Shape): void => {
  /** The finding for the whole log, however many requests it takes. */
  const verify = async (since = ''): Promise<AuditCheck> => {
    for (let after = ''; ; ) {
      const answer = await manage(shape(), 'GET', `/audit/verify?${since}${after}`)
      expect(answer.status, answer.text).toBe(200)
      const check = answer.json<AuditCheck>()
      if (check.next === null) return check
      after = `&after=${check.next}`
    }
  }

  it('proves that nothing was changed or removed, also since an earlier check', async () => {
    const { appId } = await createApp(shape())
    const [newest] = await find(shape(), `appId=${appId}`)
    const first = await verify()
    expect(first).toEqual({
      intact: true,
      rows: first.head?.id,
      brokenAt: null,
      detail: expect.stringMatching(/^The log is whole/),
      head: { id: newest?.id, hash: newest?.hash },
      next: null,
    })
    await createApp(shape())
    const second = await verify(`since=${first.head?.id}:${first.head?.hash}`)
    expect(second).toMatchObject({ intact: true, brokenAt: null })
    expect(second.head?.id).toBeGreaterThan(first.head?.id ?? 0)
  })

  it('says that rows were rewritten or removed where an earlier head is not there any more', async () => {
    const { head } = await verify()
    const forged = '0'.repeat(64)
    expect(await verify(`since=${head?.id}:${forged}`)).toMatchObject({ intact: false, brokenAt: head?.id })
    const later = (head?.id ?? 0) + 1_000_000
    const gone = await verify(`since=${later}:${forged}`)
    expect(gone).toMatchObject({ intact: false, brokenAt: later, detail: expect.stringMatching(/missing/) })
  })

  it('finds what was changed in the database, and where', async () => {
    const { databaseUrl } = shape()
    if (databaseUrl === undefined) return
    const { appId } = await createApp(shape())
    const [row] = await find(shape(), `appId=${appId}`)
    const set = (reason: string) =>
      askPostgres(
        databaseUrl,
        `begin; alter table audit_log disable trigger user; update audit_log set reason = ${reason} where id = ${row?.id};
         alter table audit_log enable trigger user; commit`,
      )
    await set(`'none of my doing'`)
    expect(await verify()).toMatchObject({ intact: false, brokenAt: row?.id })
    await set('null')
    expect(await verify()).toMatchObject({ intact: true })
  })

  it.each(['since', 'after'])('refuses %s that is no head', async (name) => {
    for (const value of ['41', '41:xyz', `0:${'0'.repeat(64)}`, `-1:${'0'.repeat(64)}`]) {
      const answer = await manage(shape(), 'GET', `/audit/verify?${name}=${value}`)
      expect(places(expectProblem(answer, 'invalid_parameter'))).toEqual([`invalid_parameter ${name}`])
    }
  })

  it('takes a token for the whole fleet', async () => {
    const limited = as(shape(), await createKey(shape(), { role: 'admin', appIds: ['shop'] }))
    expectProblem(await manage(limited, 'GET', '/audit/verify'), 'forbidden')
  })
}

/** What may be asked of the audit log, and the proof that it is whole. */
export const auditQuestions = (shape: () => Shape): void => {
  describe('audit, what is asked of it', () => {
    filters(shape)
    checks(shape)
  })
}
