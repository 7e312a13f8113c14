import { FlagdCore } from '@openfeature/flagd-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prepareRelease } from '../delivery/prepare.ts'
import { dataObject, resolve } from '../delivery/resolve.ts'
import { rules } from '../delivery/rules.fixture.ts'
import type { ReleasedSnapshot } from '../delivery/snapshot.ts'
import type { Effective } from '../effective.ts'
import { evaluatingOf } from './answers-of-release.ts'
import { anyContext, anyLive, toValues } from './definitions.fixture.ts'
import { evaluateKey } from './evaluate-key.ts'
import { flagdDefinition, type Live } from './flagd-definition.ts'

const silent = { error() {}, warn() {}, info() {}, debug() {} }
const quiet = { ...rules, onBrokenRule: () => {} }
const releasedAt = '2026-11-23T10:00:00.000Z'
const prepare = ({ config, candidate }: Live) =>
  prepareRelease(
    {
      ...{ sequence: 1, state: 'released', appId: 'shop', channel: 'stable', revision: 42, releasedAt },
      ...{ sharesSecond: false, pollSeconds: null, config: config as Effective },
      ...(candidate && { candidate: { ...candidate, releasedAt, config: candidate.config as Effective } }),
    } satisfies ReleasedSnapshot,
    quiet,
  )

describe('a flag by OFREP', () => {
  it('has the value of /v2, and that of the flagd definition', () => {
    fc.assert(
      fc.property(anyLive, fc.array(anyContext, { minLength: 1, maxLength: 8 }), (live, contexts) => {
        const release = prepare(live)
        const core = new FlagdCore(undefined, silent, { disableDynamicCodeGeneration: true })
        core.setConfigurations(JSON.stringify(flagdDefinition(live, {})))
        const { keys } = evaluatingOf(release, quiet)
        for (const key of core.getFlags().keys()) expect(keys).toContain(key)
        for (const context of contexts) {
          const resolved = resolve(release, context)
          const data = dataObject(release, resolved)
          for (const key of [...keys, ...Object.keys(data)]) {
            const answer = evaluateKey(release, resolved, quiet, key, {})
            const value = answer && 'value' in answer ? answer.value : null
            const flag = core.getFlag(key)
            const isOff = flag?.state === 'DISABLED'
            expect([key, value]).toEqual([
              key,
              isOff ? null : (flag?.evaluate(toValues(context) as never).value ?? null),
            ])
            if (!resolved.given.flags?.[key]) expect([key, value]).toEqual([key, data[key] ?? null])
          }
        }
      }),
      { numRuns: 80 },
    )
  })

  it('tells STATIC only of what every device gets, whatever it says', () => {
    fc.assert(
      fc.property(anyLive, fc.array(anyContext, { minLength: 2, maxLength: 8 }), (live, contexts) => {
        const release = prepare(live)
        for (const key of evaluatingOf(release, quiet).keys) {
          const answers = contexts.map((context) =>
            evaluateKey(release, resolve(release, context), quiet, key, {}),
          )
          const isStatic = answers.some(
            (answer) => answer && 'reason' in answer && answer.reason === 'STATIC',
          )
          const told = new Set(answers.map((answer) => JSON.stringify({ ...answer, metadata: {} })))
          if (isStatic && !live.config.flags?.[key] && !live.candidate?.config.flags?.[key])
            expect(told.size).toBe(1)
        }
      }),
      { numRuns: 80 },
    )
  })
})
