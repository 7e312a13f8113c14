import { describe, expect, it } from 'vitest'
import type { Proposal } from '../../contract/review.ts'
import { as, createApp, createKey, freshId, manage, type Page, readAudit } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import { change, decide, guarded, person, propose, read } from './reviewers.ts'
import type { Shape } from './shapes.ts'

const otherWords = (shape: () => Shape): void => {
  it('is rejected by a publisher, and withdrawn by whoever proposed it', async () => {
    const appId = await guarded(shape())
    const [ann, eve] = [await person(shape(), 'editor'), await person(shape(), 'editor')]
    const bob = await person(shape(), 'publisher')
    const [first, second] = [await propose(ann, appId), await propose(ann, appId)]
    expectProblem(await decide(eve, first, 'reject'), 'forbidden')
    const rejected = (await decide(bob, first, 'reject', { comment: 'too dear' })).json<Proposal>()
    expect(rejected).toMatchObject({ state: 'rejected', decidedBy: bob.name, revision: null })
    const withdrawn = (await decide(ann, second, 'reject')).json<Proposal>()
    expect(withdrawn).toMatchObject({ state: 'withdrawn', decidedBy: ann.name })
    for (const proposal of [first, second]) {
      expectProblem(await decide(bob, proposal, 'approve'), 'already_decided')
      expectProblem(await decide(bob, proposal, 'reject'), 'already_decided')
    }
    const rows = (await readAudit(shape(), appId)).slice(0, 2)
    expect(rows).toMatchObject([
      { action: 'proposal.withdraw', actor: ann.name, before: second, after: withdrawn, reason: null },
      { action: 'proposal.reject', actor: bob.name, before: first, after: rejected, reason: 'too dear' },
    ])
  })

  it('takes comments, once for an Idempotency-Key', async () => {
    const appId = await guarded(shape())
    const ann = await person(shape(), 'editor')
    const proposal = await propose(shape(), appId)
    const question = { body: { comment: 'why so dear?' }, headers: { 'idempotency-key': freshId() } }
    const path = `/proposals/${proposal.proposalId}/comments`
    const first = await manage(ann, 'POST', path, question)
    expect(first.status, first.text).toBe(201)
    expect((await manage(ann, 'POST', path, question)).text).toBe(first.text)
    const { comments } = await read(ann, proposal)
    expect(comments).toEqual([{ actor: ann.name, text: 'why so dear?', createdAt: expect.any(String) }])
    expect((await readAudit(shape(), appId))[0]).toMatchObject({
      action: 'proposal.comment',
      before: { comments: [] },
      after: { comments },
    })
    expectProblem(await manage(ann, 'POST', path, { body: {} }), 'missing_field')
  })

  it('lists proposals newest first, by app and state', async () => {
    const appId = await guarded(shape())
    const made = [await propose(shape(), appId), await propose(shape(), appId), await propose(shape(), appId)]
    await decide(shape(), made[1] as Proposal, 'reject')
    const list = async (query: string) =>
      (await manage(shape(), 'GET', `/proposals?appId=${appId}${query}`)).json<Page<Proposal>>()
    const ids = async (query: string) => (await list(query)).items.map(({ proposalId }) => proposalId)
    const [one, two, three] = made.map(({ proposalId }) => proposalId)
    expect(await ids('')).toEqual([three, two, one])
    expect(await ids('&state=open')).toEqual([three, one])
    expect(await ids('&state=withdrawn')).toEqual([two])
    const first = await list('&limit=2')
    expect(first.items[0]).not.toHaveProperty('comments')
    expect(await ids(`&limit=2&cursor=${first.nextCursor}`)).toEqual([one])
  })
}

const refusals = (shape: () => Shape): void => {
  it.each([
    [
      'an override',
      { release: { configVersion: '1.0.0', override: true, reason: 'x' } },
      'invalid_field /release/override',
    ],
    ['no release', { release: undefined }, 'missing_field /release'],
    ['nothing to release', { release: {} }, 'invalid_field /release/configVersion'],
    ['an empty comment', { comment: '' }, 'invalid_field /comment'],
    ['an unknown field', { approvers: ['x'] }, 'unknown_field /approvers'],
  ])('refuses a proposal with %s', async (_, input, place) => {
    const body = { release: { configVersion: '1.0.0' }, ...input }
    const answer = await manage(shape(), 'POST', '/apps/shop/proposals', { body })
    expect(places(expectProblem(answer, place.split(' ')[0] as 'invalid_field'))).toEqual([place])
  })

  it('answers 404 and 409 where there is nothing to propose', async () => {
    const appId = await guarded(shape())
    const post = (to: string, release: object) =>
      manage(shape(), 'POST', `/apps/${to}/proposals`, { body: { release } })
    expectProblem(await post(freshId(), { configVersion: '1.0.0' }), 'app_not_found')
    expectProblem(await post(appId, { configVersion: '9.0.0' }), 'version_not_found')
    expectProblem(await post(appId, { rollbackTo: 1 }), 'release_not_found')
    expectProblem(await post(appId, { promoteFrom: 'beta' }), 'nothing_to_release')
    await manage(shape(), 'DELETE', `/apps/${appId}`)
    expectProblem(await post(appId, { configVersion: '1.0.0' }), 'app_archived')
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['POST', '/approve', {}],
      ['POST', '/reject', {}],
      ['POST', '/comments', { comment: 'x' }],
    ] as const) {
      const answer = await manage(shape(), method, `/proposals/999999999${path}`, body ? { body } : {})
      expectProblem(answer, 'proposal_not_found')
    }
  })

  it('cannot be walked around: who asks for no approval any more, or leaves a template that does, is an administrator', async () => {
    const appId = await guarded(shape())
    const { appId: base } = await createApp(shape(), { kind: 'template', requiresApproval: true } as object)
    const { appId: middle } = await createApp(shape(), { kind: 'template', extends: base } as object)
    const { appId: free } = await createApp(shape(), { kind: 'template' })
    const { appId: child } = await createApp(shape(), { extends: middle } as object)
    const bob = await person(shape(), 'publisher')
    const tries: [string, object][] = [
      [appId, { requiresApproval: false }],
      [child, { extends: null }],
      [child, { extends: free }],
      [middle, { extends: null }],
    ]
    for (const [id, body] of tries)
      expectProblem(await manage(bob, 'PATCH', `/apps/${id}`, { body }), 'forbidden')
    await change(bob, child, { extends: base })
    await change(bob, child, { extends: middle, requiresApproval: true, name: 'x' })
    const limited = as(shape(), await createKey(shape(), { role: 'admin', appIds: [child, free] }))
    expectProblem(await manage(limited, 'PATCH', `/apps/${child}`, { body: { extends: free } }), 'forbidden')
    for (const [id, body] of tries) await change(shape(), id, body)
  })
}

/** What else is said of a proposal: rejected, withdrawn, commented, listed, refused. */
export const proposalWords = (shape: () => Shape): void => {
  describe('proposals, what is said of them', () => {
    otherWords(shape)
    refusals(shape)
  })
}
