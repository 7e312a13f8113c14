import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ahead } from './ahead.ts'
import { openCli } from './cli/run.ts'
import { eventually, manage, token } from './faults/fleet.ts'
import { type Program, startProgram } from './program.ts'
import { freshDatabase } from './stores/database.ts'
import { readyDataDir } from './stores/embedded-cluster.ts'

describe.each(['embedded', 'postgres'] as const)(
  'where changes must name what they are based on, on %s',
  (kind) => {
    let database: Awaited<ReturnType<typeof freshDatabase>> | undefined
    let node: Program
    beforeAll(async () => {
      database = kind === 'postgres' ? await freshDatabase() : undefined
      const env = { PARASOL_ADMIN_TOKEN: token, PARASOL_REQUIRE_IF_MATCH: 'on' }
      node = database
        ? await startProgram({ env: { ...env, DATABASE_URL: database.url } })
        : await startProgram({ env, dataDir: await readyDataDir() })
      await manage(node, 'POST', '/apps', { body: { appId: 'shop', name: 'Shop' } })
      await save({ a: 1 })
      await save({ a: 2 })
    })
    afterAll(async () => {
      await node.stop()
      await database?.drop()
    })

    const save = (data: object) =>
      manage(node, 'POST', '/apps/shop/configs', { body: { bump: 'auto', data } })
    const release = (configVersion: string, headers = {}) =>
      manage(node, 'POST', '/apps/shop/releases', { body: { configVersion }, headers })
    const history = async () => (await manage(node, 'GET', '/apps/shop/releases')).body.items as object[]

    it('takes the first release of a channel without: nothing can be lost', async () => {
      expect((await release('1.0.0')).status).toBe(201)
    })

    it('answers 428 to the next one without, tells the revision in ETag, and changes nothing', async () => {
      const before = await history()
      const { status, headers, body } = await release('1.0.1')
      expect(status).toBe(428)
      expect(body).toMatchObject({
        code: 'precondition_required',
        detail: expect.stringContaining('If-Match'),
      })
      expect(headers.get('content-type')).toMatch('application/problem+json')
      expect(await history()).toEqual(before)
      const named = await release('1.0.1', { 'if-match': headers.get('etag') })
      expect(named.status).toBe(201)
      expect((await release('1.0.0', { 'if-match': headers.get('etag') })).status).toBe(412)
    })

    it('asks nothing of an approval, which is held to what was live when it was proposed, nor of an import', async () => {
      const proposal = await manage(node, 'POST', '/apps/shop/proposals', {
        body: { release: { configVersion: '1.0.0' } },
      })
      const approver = await manage(node, 'POST', '/keys', { body: { name: 'approver', role: 'publisher' } })
      const headers = { authorization: `Bearer ${approver.body.key}` }
      const approve = `/proposals/${proposal.body.proposalId}/approve`
      expect(await manage(node, 'POST', approve, { body: {}, headers })).toMatchObject({ status: 200 })
      const line = JSON.stringify({ type: 'app', appId: 'shop', name: 'Shop again' })
      const imported = await fetch(`${node.url}/manage/v1/import`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
        body: line,
      })
      expect(await imported.json()).toMatchObject({ changed: 1, refused: 0 })
    })

    it('asks nothing of a scheduled release when its time comes', async () => {
      const { scheduleId } = await ahead(300, async (soon) => {
        const body = { release: { configVersion: '1.0.1' }, at: soon() }
        const made = await manage(node, 'POST', '/apps/shop/schedules', { body })
        expect(made.status, JSON.stringify(made.body)).toBe(201)
        return made.body
      })
      await eventually(async () => {
        const { items } = (await manage(node, 'GET', '/schedules?appId=shop')).body
        expect((items as object[])[0]).toMatchObject({ scheduleId, state: 'released' })
      })
    })

    it('makes the command line end with 5, and --if-match is how it goes on', async () => {
      const { run } = openCli(node.url, token)
      const live = (await history())[0] as { revision: number }
      const blind = ['config', 'release', 'shop', '1.0.0']
      expect(await run(blind)).toMatchObject({
        code: 5,
        stderr: expect.stringContaining('precondition_required'),
      })
      expect(await run([...blind, '--if-match', String(live.revision)])).toMatchObject({ code: 0 })
    })

    it.each([
      ['a change of an app', 'PATCH', '/apps/shop', { name: 'Other' }],
      ['a new schema', 'PUT', '/apps/shop/schema', { schema: { type: 'object' } }],
      ['the end of a schema', 'DELETE', '/apps/shop/schema', undefined],
      ['the end of an app', 'DELETE', '/apps/shop', undefined],
    ])('answers 428 to %s without', async (_, method, path, body) => {
      const app = await manage(node, 'GET', '/apps/shop')
      const refused = await manage(node, method, path, { body })
      expect(refused, JSON.stringify(refused.body)).toMatchObject({
        status: 428,
        body: { code: 'precondition_required' },
      })
      expect((await manage(node, 'GET', '/apps/shop')).body).toEqual(app.body)
      const headers = { 'if-match': refused.headers.get('etag') ?? '' }
      expect((await manage(node, method, path, { body, headers })).status).toBe(200)
    })

    it.each([
      ['a change', 'PATCH', { quota: 9_000 }],
      ['the end', 'DELETE', undefined],
    ])('answers 428 to %s of a limit without', async (_, method, body) => {
      const before = await manage(node, 'GET', '/limits/burst')
      const refused = await manage(node, method, '/limits/burst', { body })
      expect(refused).toMatchObject({ status: 428, body: { code: 'precondition_required' } })
      expect((await manage(node, 'GET', '/limits/burst')).body).toEqual(before.body)
      const headers = { 'if-match': refused.headers.get('etag') ?? '' }
      expect((await manage(node, method, '/limits/burst', { body, headers })).status).toBeLessThan(300)
    })

    it('lets the command line bring an app back with --if-match', async () => {
      const { run } = openCli(node.url, token)
      expect(await run(['apps', 'restore', 'shop'])).toMatchObject({ code: 5 })
      const { body } = await manage(node, 'GET', '/apps/shop')
      const named = ['apps', 'restore', 'shop', '--if-match', String(body.revision)]
      expect(await run(named)).toMatchObject({ code: 0 })
    })
  },
)
