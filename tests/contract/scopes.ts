import { beforeAll, describe, expect, it } from 'vitest'
import type { Question } from './ask.ts'
import { as, createKey, freshId, manage, publishApp, saveVersion } from './operator.ts'
import { expectProblem } from './problem.ts'
import { managed } from './roles.ts'
import { type Ask, lists, onApps, onThings, others } from './scope-calls.ts'
import type { Shape } from './shapes.ts'

/** An app of a team, with one of each thing that an app can have. */
const furnish = async (shape: Shape) => {
  const team = freshId('team')
  const { appId, revision } = await publishApp(shape)
  const post = async (path: string, body: object): Promise<Record<string, number>> => {
    const answer = await manage(shape, 'POST', path, { body })
    expect(answer.status, `${path}: ${answer.text}`).toBe(201)
    return answer.json()
  }
  await manage(shape, 'PATCH', `/apps/${appId}`, { body: { labels: { team } } })
  await manage(shape, 'PUT', `/apps/${appId}/schema`, { body: { schema: { type: 'object' } } })
  const late = { bump: 'auto', data: { on: false }, deprecationDate: '2020-01-01' }
  await post(`/apps/${appId}/configs`, late)
  const release = { configVersion: '1.0.0' }
  const fleet = await post('/fleet/releases', { select: { appIds: [appId] }, release: { patch: { n: 1 } } })
  await saveVersion(shape, appId, '9.0.0', { on: 'deprecated' })
  const deprecated = { configVersion: '9.1.0', data: { on: 'deprecated' }, deprecationDate: '2020-01-01' }
  await post(`/apps/${appId}/configs`, deprecated)
  await post(`/apps/${appId}/releases`, { configVersion: '9.1.0' })
  const rollout = await post(`/apps/${appId}/releases`, {
    configVersion: '9.0.0',
    rollout: 'Linear20PercentEvery6Minutes',
  })
  const schedule = await post(`/apps/${appId}/schedules`, { at: '2100-01-01T00:00:00Z', release })
  const proposal = await post(`/apps/${appId}/proposals`, { release })
  const freeze = await post('/freezes', { appId, until: '2100-01-01T00:00:00Z', reason: 'rest' })
  const key = await createKey(shape, { role: 'client', appIds: [appId], channel: 'stable' })
  return {
    team,
    appId,
    revision,
    ids: {
      rolloutId: rollout.rolloutId,
      scheduleId: schedule.scheduleId,
      proposalId: proposal.proposalId,
      freezeId: freeze.freezeId,
      fleetReleaseId: fleet.fleetReleaseId,
      keyId: key.keyId,
    } as Record<string, number | string | undefined>,
  }
}
type Furnished = Awaited<ReturnType<typeof furnish>>

const questionOf = (operationId: string, ask: Ask, { appId, revision, ids }: Furnished) => {
  const operation = managed.find((each) => each.operationId === operationId)
  if (!operation) throw new Error(`there is no operation ${operationId}`)
  const path = operation.path
    .replace('/manage/v1', '')
    .replace('{appId}', appId)
    .replace('{version}', ask.version ?? '')
    .replace('{revision}', String(revision))
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => String(ids[name]))
  const question: Question = ask.body ? { body: ask.body } : {}
  return { method: operation.method.toUpperCase(), path: path + (ask.query ?? ''), question }
}

/** Everything of an app that management shows. */
const stateOf = async (shape: Shape, appId: string): Promise<string[]> => {
  const paths = ['', '/configs', '/releases', '/channels', '/schema'].map((path) => `/apps/${appId}${path}`)
  const more = ['/schedules', '/proposals', '/freezes', '/rollouts', '/audit'].map(
    (path) => `${path}?appId=${appId}`,
  )
  const answers = await Promise.all([...paths, ...more].map((path) => manage(shape, 'GET', path)))
  return answers.map(({ text }) => text)
}

/** A token that is limited to some apps sees and touches no other. */
export const scopes = (shape: () => Shape): void => {
  describe('scopes', () => {
    let mine: Furnished
    let theirs: Furnished
    let tokens: [what: string, limited: Shape][]
    beforeAll(async () => {
      ;[mine, theirs] = [await furnish(shape()), await furnish(shape())]
      const limits = { appIds: { appIds: [mine.appId] }, labels: { labels: { team: mine.team } } }
      tokens = await Promise.all(
        Object.entries(limits).map(
          async ([what, limit]): Promise<[string, Shape]> => [
            what,
            as(shape(), await createKey(shape(), { role: 'admin', ...limit })),
          ],
        ),
      )
    })

    it('are tested for every operation', () => {
      const tested = [...Object.keys(onApps), ...Object.keys(onThings), ...Object.keys(lists), ...others]
      expect(managed.map(({ operationId }) => operationId).sort()).toEqual(tested.sort())
    })

    it('let nobody touch or read another app, or what belongs to it', async () => {
      const before = await stateOf(shape(), theirs.appId)
      for (const [what, limited] of tokens) {
        for (const [operationId, ask] of Object.entries({ ...onApps, ...onThings })) {
          const { method, path, question } = questionOf(operationId, ask, theirs)
          const answer = await manage(limited, method, path, question)
          const where = `${operationId} with a token limited by ${what}: ${answer.text}`
          // A fleet release is of many apps: of one that reached none of its own a token knows nothing.
          expect(answer.status, where).toBe(operationId.includes('FleetRelease') ? 404 : 403)
          if (answer.status === 403) expectProblem(answer, 'forbidden')
        }
        for (const path of [`/keys/${theirs.ids.keyId}`, `/keys/${theirs.ids.keyId}/rotate`]) {
          const [method, question] = path.endsWith('rotate') ? ['POST', { body: {} }] : ['DELETE', {}]
          expectProblem(await manage(limited, method as string, path, question as Question), 'forbidden')
        }
      }
      expect(await stateOf(shape(), theirs.appId)).toEqual(before)
    })

    it('show nothing of another app in any list, and all of their own', async () => {
      for (const [what, limited] of tokens) {
        for (const [operationId, query] of Object.entries(lists)) {
          const operation = managed.find((each) => each.operationId === operationId)
          const answer = await manage(limited, 'GET', operation?.path.replace('/manage/v1', '') + query)
          const where = `${operationId} with a token limited by ${what}`
          expect(answer.status, where).toBe(200)
          expect(answer.text.includes(theirs.appId), where).toBe(false)
          expect(answer.text.includes(theirs.team), where).toBe(false)
          const own =
            operationId === 'listFleetReleases' ? `"fleetReleaseId":${mine.ids.fleetReleaseId},` : mine.appId
          expect(answer.text, where).toContain(own)
        }
        const fleets = await manage(limited, 'GET', '/fleet/releases?limit=200')
        expect(fleets.text).not.toContain(`"fleetReleaseId":${theirs.ids.fleetReleaseId},`)
      }
    })

    it('cannot be widened: by new apps, labels, templates, copies, freezes, fleets or files', async () => {
      const before = await stateOf(shape(), theirs.appId)
      const { appId: template } = (
        await manage(shape(), 'POST', '/apps', {
          body: { appId: freshId('base'), name: 'Base', kind: 'template' },
        })
      ).json<{ appId: string }>()
      for (const [what, limited] of tokens) {
        const isById = what === 'appIds'
        const labels = { team: mine.team }
        const other = freshId('new')
        const tries: [string, string, object][] = [
          ['POST', '/apps', { appId: other, name: 'x', labels: isById ? labels : { team: theirs.team } }],
          ['POST', '/apps', { appId: isById ? mine.appId : other, name: 'x', labels, extends: template }],
          ['PATCH', `/apps/${mine.appId}`, { extends: template }],
          ['POST', `/apps/${mine.appId}/clone`, isById ? { appId: other } : { appId: other, labels: {} }],
          ['POST', '/freezes', { appId: theirs.appId, until: '2100-01-01T00:00:00Z', reason: 'x' }],
          ['POST', '/freezes', { until: '2100-01-01T00:00:00Z', reason: 'x' }],
          ...(isById ? [] : [['PATCH', `/apps/${mine.appId}`, { labels: {} }] as [string, string, object]]),
        ]
        for (const [method, path, body] of tries) {
          const answer = await manage(limited, method, path, { body })
          expect(answer.status, `${method} ${path} ${JSON.stringify(body)} by ${what}: ${answer.text}`).toBe(
            403,
          )
        }
        expect((await manage(shape(), 'GET', `/apps/${other}`)).status).toBe(404)

        const release = { configVersion: '1.0.0' }
        const selects = [{ appIds: [mine.appId, theirs.appId] }, { labels: { team: theirs.team } }]
        for (const select of selects) {
          const refused = await manage(limited, 'POST', '/fleet/releases', { body: { select, release } })
          expect(refused.status, refused.text).toBeGreaterThanOrEqual(400)
          // What was named may be named; what was only chosen must not be given away.
          expect(refused.text.includes(theirs.appId)).toBe('appIds' in select)
        }
        const lines = [
          { type: 'app', appId: theirs.appId, name: 'Mine now' },
          { type: 'version', appId: theirs.appId, configVersion: '7.0.0', data: {} },
          { type: 'release', appId: theirs.appId, configVersion: '1.0.0' },
          { type: 'app', appId: mine.appId, name: 'Contract', extends: template },
          { type: 'release', appId: mine.appId, configVersion: '1.0.0', standsOn: template },
        ]
        const imported = await manage(limited, 'POST', '/import', {
          body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
          headers: { 'content-type': 'application/x-ndjson' },
        })
        expect(imported.json(), imported.text).toMatchObject({
          created: 0,
          changed: 0,
          refused: lines.length,
          items: lines.map(() => ({ problem: { code: 'forbidden' } })),
        })
      }
      expect(await stateOf(shape(), theirs.appId)).toEqual(before)
    })

    it('let their holder do all of it to their own apps', async () => {
      const [first, second] = tokens
      for (const [token, asks] of [
        [first, onThings],
        [second, onApps],
      ] as const) {
        for (const [operationId, ask] of Object.entries<Ask>(asks)) {
          const { method, path, question } = questionOf(operationId, ask, mine)
          const own = operationId === 'cloneApp' ? { body: { appId: freshId('copy') } } : question
          const answer = await manage(token?.[1] ?? shape(), method, path, own)
          const where = `${operationId} with a token limited by ${token?.[0]}: ${answer.text}`
          expect([401, 403, 404], where).not.toContain(answer.status)
        }
      }
    })
  })
}
