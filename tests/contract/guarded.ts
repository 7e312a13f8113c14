import { describe, expect, it } from 'vitest'
import { newEventId } from '../../server/src/analytics/events/events.fixture.ts'
import { isInRollout } from '../../server/src/platform/buckets/is-in-rollout.ts'
import { ask } from './ask.ts'
import { manage, publishApp, type Release, saveVersion } from './operator.ts'
import { expectProblem } from './problem.ts'
import type { Shape } from './shapes.ts'

interface Guards {
  guards: { name: string; decision: string; reason: string; lookedAt: string | null }[]
}

const plan = { growth: 'linear', growthFactorPercent: 10, durationSeconds: 3600, bakeSeconds: 600 }

const begin = async (shape: Shape) => {
  const { appId } = await publishApp(shape, { version: 1 })
  await saveVersion(shape, appId, '2.0.0', { version: 2 })
  const body = { configVersion: '2.0.0', rollout: { ...plan, guards: 'default' } }
  const answer = await manage(shape, 'POST', `/apps/${appId}/releases`, { body })
  expect(answer.status, answer.text).toBe(201)
  const { rolloutId, revision } = answer.json<Release>()
  return { appId, revision, rolloutId: Number(rolloutId) }
}

/** Errors of 60 groups of devices that the rollout has reached, and of 30 others. */
const errorsOf = ({ rolloutId, revision }: { rolloutId: number; revision: number }) => {
  const buckets = Array.from({ length: 10_000 }, (_, bucket) => bucket)
  const within = buckets.filter((bucket) => isInRollout(rolloutId, bucket, 10)).slice(0, 60)
  const others = buckets.filter((bucket) => !isInRollout(rolloutId, bucket, 10)).slice(0, 30)
  const at = new Date().toISOString()
  return [...within.map((bucket) => ({ bucket, revision })), ...others.map((bucket) => ({ bucket }))].map(
    (device) => ({ ...device, eventId: newEventId(), name: 'app_error', at }),
  )
}

/** A rollout that numbers decide of, whatever the processes and the stores. */
export const guarded = (shape: () => Shape): void => {
  describe('a guarded rollout', () => {
    it('takes itself back when the devices it has reached fail more often than the others', async () => {
      const rollout = await begin(shape())
      const { appId, rolloutId } = rollout
      const read = async () =>
        (await manage(shape(), 'GET', `/rollouts/${rolloutId}`)).json<{ state: string; reason: string }>()
      expect(await read()).toMatchObject({
        plan: { guards: [{ name: 'errors', kind: 'events', alpha: 0.05 }] },
      })
      await expect
        .poll(
          async () => {
            const body = { events: errorsOf(rollout) }
            const sent = await ask(`${shape().url}/v1/api/analytics/${appId}/events`, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body,
            })
            expect(sent.status, sent.text).toBe(202)
            return (await read()).state
          },
          { interval: 1_000, timeout: 120_000 },
        )
        .toBe('rolled_back')
      expect((await read()).reason).toMatch(
        /^guard: errors: .* times (?:or more )?as frequent on the new revision/,
      )
      const answer = await manage(shape(), 'GET', `/analytics/rollouts/${rolloutId}/guards`)
      expect(answer.status, answer.text).toBe(200)
      expect(answer.json<Guards>().guards).toMatchObject([{ name: 'errors', decision: 'rollback' }])
      expectProblem(await manage(shape(), 'GET', '/analytics/rollouts/1/guards'), 'rollout_not_found')
    })
  })
}
