import { describe, expect, it } from 'vitest'
import type { Proposal } from '../../contract/review.ts'
import {
  createApp,
  manage,
  publishApp,
  type Release,
  readAudit,
  readConfig,
  saveVersion,
} from './operator.ts'
import { expectProblem } from './problem.ts'
import {
  approve,
  change,
  decide,
  guarded,
  historyOf,
  person,
  propose,
  read,
  releaseNow,
} from './reviewers.ts'
import type { Shape } from './shapes.ts'

const approvals = (shape: () => Shape): void => {
  it('refuses a direct release, and releases what another person approves', async () => {
    const appId = await guarded(shape())
    const [ann, bob] = [await person(shape(), 'editor'), await person(shape(), 'publisher')]
    const direct = await manage(bob, 'POST', `/apps/${appId}/releases`, { body: { configVersion: '1.0.0' } })
    expect(expectProblem(direct, 'approval_required').detail).toContain(`/apps/${appId}/proposals`)

    const body = { release: { configVersion: '1.0.0', reason: 'the new price' }, comment: 'please look' }
    const answer = await manage(ann, 'POST', `/apps/${appId}/proposals`, { body })
    const proposal = answer.json<Proposal>()
    expect(answer.headers.location).toBe(`/manage/v1/proposals/${proposal.proposalId}`)
    expect(proposal).toEqual({
      proposalId: expect.any(Number),
      appId,
      release: body.release,
      channel: 'stable',
      configVersion: '1.0.0',
      liveWhenProposed: null,
      liveNow: null,
      state: 'open',
      revision: null,
      actor: ann.name,
      createdAt: expect.any(String),
      decidedBy: null,
      decidedAt: null,
      comments: [{ actor: ann.name, text: 'please look', createdAt: expect.any(String) }],
    })
    expect((await readConfig(shape(), appId)).status).toBe(404)

    const released = (await decide(bob, proposal, 'approve', { comment: 'fine' })).json<Proposal>()
    expect(released).toMatchObject({
      state: 'released',
      revision: expect.any(Number),
      liveNow: released.revision,
      decidedBy: bob.name,
      comments: [{ actor: ann.name }, { actor: bob.name, text: 'fine' }],
    })
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { price: 1 } })
    const [release] = await historyOf(shape(), appId)
    expect(release).toMatchObject({ revision: released.revision, actor: ann.name, reason: 'the new price' })

    const rows = (await readAudit(shape(), appId)).slice(0, 3)
    expect(
      rows.map(({ action, actor, before, after, reason }) => ({ action, actor, before, after, reason })),
    ).toEqual([
      { action: 'proposal.approve', actor: bob.name, before: proposal, after: released, reason: 'fine' },
      { action: 'release.publish', actor: bob.name, before: null, after: release, reason: 'the new price' },
      { action: 'proposal.create', actor: ann.name, before: null, after: proposal, reason: 'the new price' },
    ])
    expectProblem(await decide(bob, proposal, 'approve'), 'already_decided')
  })

  it('refuses the approval of whoever proposed it, whatever their role', async () => {
    const appId = await guarded(shape())
    const bob = await person(shape(), 'publisher')
    for (const one of [bob, shape()]) {
      const proposal = await propose(one, appId)
      expectProblem(await decide(one, proposal, 'approve'), 'approval_required')
    }
    expect(await historyOf(shape(), appId)).toEqual([])
  })

  it('asks for it of all that extends a template that does, and of a template above such an app', async () => {
    const { appId: base } = await createApp(shape(), { kind: 'template' })
    await saveVersion(shape(), base, '1.0.0')
    expect((await releaseNow(shape(), base)).status).toBe(201)
    const { appId: child } = await createApp(shape(), { extends: base, requiresApproval: true } as object)
    await saveVersion(shape(), child, '1.0.0')
    expectProblem(await releaseNow(shape(), child), 'approval_required')
    const above = expectProblem(await releaseNow(shape(), base), 'approval_required')
    expect(above.detail).toContain(`${child}, which extends ${base}, asks for it`)
    await change(shape(), child, { requiresApproval: false })
    await change(shape(), base, { requiresApproval: true })
    const below = expectProblem(await releaseNow(shape(), child), 'approval_required')
    expect(below.detail).toContain(`${base}, which ${child} extends, asks for it`)
    const bob = await person(shape(), 'publisher')
    await approve(bob, await propose(shape(), base))
    await approve(bob, await propose(shape(), child))
    expect(await historyOf(shape(), child)).toHaveLength(1)
  })

  it('lets an administrator override, with a reason that stands in the audit log', async () => {
    const appId = await guarded(shape())
    const bob = await person(shape(), 'publisher')
    const override = { override: true, reason: 'nobody else is awake' }
    expectProblem(await releaseNow(bob, appId, override), 'forbidden')
    expect((await releaseNow(shape(), appId, override)).status).toBe(201)
    expect((await readAudit(shape(), appId))[0]).toMatchObject({
      reason: 'nobody else is awake',
      after: { overridden: [{ appId, code: 'approval_required', setBy: appId }] },
    })
  })

  it('releases once where two approve at once', async () => {
    const appId = await guarded(shape())
    const people = await Promise.all([1, 2, 3].map(() => person(shape(), 'publisher')))
    const proposal = await propose(shape(), appId)
    const answers = await Promise.all(people.map((one) => decide(one, proposal, 'approve')))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409])
    for (const answer of answers.filter(({ status }) => status === 409)) {
      expectProblem(answer, 'already_decided')
    }
    expect(await historyOf(shape(), appId)).toHaveLength(1)
  })
}

const releasedTemplate = async (shape: Shape, from: string): Promise<string> => {
  const { appId } = await createApp(shape, { kind: 'template' })
  await saveVersion(shape, appId, '1.0.0', { from })
  await releaseNow(shape, appId)
  return appId
}

const checkedAgain = (shape: () => Shape): void => {
  it('answers 412 where something else went live since, until the approver names it', async () => {
    const { appId, revision } = await publishApp(shape())
    const bob = await person(shape(), 'publisher')
    await saveVersion(shape(), appId, '1.1.0', { on: true, more: true })
    const proposal = await propose(shape(), appId, { release: { configVersion: '1.1.0' } })
    expect(proposal).toMatchObject({ liveWhenProposed: revision, liveNow: revision })
    const other = (await releaseNow(shape(), appId)).json<Release>()
    const refusal = await decide(bob, proposal, 'approve')
    expect(expectProblem(refusal, 'revision_mismatch').detail).toContain(`If-Match: "${other.revision}"`)
    expect(refusal.headers.etag).toBe(`"${other.revision}"`)
    expect(await read(bob, proposal)).toMatchObject({ state: 'open', liveNow: other.revision })
    const stale = await decide(bob, proposal, 'approve', {}, { 'if-match': `"${revision}"` })
    expectProblem(stale, 'revision_mismatch')
    const known = await decide(bob, proposal, 'approve', {}, { 'if-match': `"${other.revision}"` })
    expect(known.status, known.text).toBe(200)
  })

  it('answers 412 where the app would stand on another template than what was read, whatever the approver names', async () => {
    const [first, second] = [
      await releasedTemplate(shape(), 'read'),
      await releasedTemplate(shape(), 'unread'),
    ]
    const { appId } = await createApp(shape(), { extends: first })
    for (const version of ['1.0.0', '1.0.1']) await saveVersion(shape(), appId, version, { version })
    const { revision } = (await releaseNow(shape(), appId)).json<Release>()
    await change(shape(), appId, { requiresApproval: true })
    const [ann, bob] = [await person(shape(), 'editor'), await person(shape(), 'publisher')]
    const proposal = await propose(ann, appId, { release: { configVersion: '1.0.1' } })

    await change(ann, appId, { extends: second })
    for (const headers of [{}, { 'if-match': `"${revision}"` }]) {
      const refusal = await decide(bob, proposal, 'approve', {}, headers as Record<string, string>)
      expect(expectProblem(refusal, 'revision_mismatch').detail).toContain(`extends ${second} now`)
    }
    await change(ann, appId, { extends: first })
    await approve(bob, proposal)
    expect((await readConfig(shape(), appId)).json<{ data: object }>().data).toEqual({
      from: 'read',
      version: '1.0.1',
    })
  })

  it('approves what its template has brought to the app since, once the approver names it', async () => {
    const template = await releasedTemplate(shape(), 'then')
    const { appId } = await createApp(shape(), { extends: template })
    for (const version of ['1.0.0', '1.0.1']) await saveVersion(shape(), appId, version, { version })
    await releaseNow(shape(), appId)
    const bob = await person(shape(), 'publisher')
    const proposal = await propose(shape(), appId, { release: { configVersion: '1.0.1' } })
    await saveVersion(shape(), template, '1.0.1', { from: 'now' })
    await releaseNow(shape(), template, { configVersion: '1.0.1' })
    expectProblem(await decide(bob, proposal, 'approve'), 'revision_mismatch')
    const { liveNow } = await read(bob, proposal)
    const known = await decide(bob, proposal, 'approve', {}, { 'if-match': `"${liveNow}"` })
    expect(known.status, known.text).toBe(200)
  })

  it('releases the version that was promoted then, whatever the other channel has now', async () => {
    const { appId } = await publishApp(shape())
    const bob = await person(shape(), 'publisher')
    for (const version of ['2.0.0', '3.0.0']) await saveVersion(shape(), appId, version, { version })
    await releaseNow(shape(), appId, { configVersion: '2.0.0', channel: 'beta' })
    const proposal = await propose(shape(), appId, { release: { promoteFrom: 'beta' } })
    expect(proposal).toMatchObject({
      channel: 'stable',
      configVersion: '2.0.0',
      release: { promoteFrom: 'beta' },
    })
    await releaseNow(shape(), appId, { configVersion: '3.0.0', channel: 'beta' })
    await approve(bob, proposal)
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ configVersion: '2.0.0' })
  })

  it('is refused as the release itself would be, and stays open', async () => {
    const appId = await guarded(shape())
    const bob = await person(shape(), 'publisher')
    const proposal = await propose(shape(), appId)
    const until = new Date(Date.now() + 86_400_000).toISOString()
    const frozen = (
      await manage(shape(), 'POST', '/freezes', { body: { appId, until, reason: 'rest' } })
    ).json<{ freezeId: number }>()
    expectProblem(await decide(bob, proposal, 'approve'), 'frozen')
    await manage(shape(), 'DELETE', `/freezes/${frozen.freezeId}`)
    await manage(shape(), 'DELETE', `/apps/${appId}`)
    expectProblem(await decide(bob, proposal, 'approve'), 'app_archived')
    await change(shape(), appId, { archived: false })
    expect((await read(bob, proposal)).state).toBe('open')
    await approve(bob, proposal)
  })

  it('rolls back what was proposed to be rolled back', async () => {
    const { appId, revision } = await publishApp(shape(), { n: 1 })
    await saveVersion(shape(), appId, '2.0.0', { n: 2, m: 2 })
    await releaseNow(shape(), appId, { configVersion: '2.0.0' })
    const bob = await person(shape(), 'publisher')
    const proposal = await propose(shape(), appId, { release: { rollbackTo: revision } })
    expect(proposal.configVersion).toBe('1.0.0')
    await approve(bob, proposal)
    expect((await readConfig(shape(), appId)).json()).toMatchObject({ data: { n: 1 } })
    expect((await historyOf(shape(), appId))[0]).toMatchObject({ kind: 'rollback', actor: 'admin' })
  })
}

/** Four eyes: a release that waits for another person's word. */
export const proposals = (shape: () => Shape): void => {
  describe('proposals', () => {
    approvals(shape)
    checkedAgain(shape)
  })
}
