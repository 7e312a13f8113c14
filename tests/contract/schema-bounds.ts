import { expect, it } from 'vitest'
import { createApp, publishApp, readConfig, saveVersion } from './operator.ts'
import { expectProblem, places } from './problem.ts'
import { saveData, setSchema } from './schema-calls.ts'
import type { Shape } from './shapes.ts'

/** What a schema may cost: checks end, and hold nobody up. */
export const schemaBounds = (shape: () => Shape): void => {
  it('runs a pattern that would backtrack for ever', async () => {
    const { appId } = await createApp(shape())
    await setSchema(shape(), appId, { properties: { a: { pattern: '^(a+)+$' } } })
    const answer = await saveData(shape(), appId, '1.0.0', { a: `${'a'.repeat(100_000)}!` })
    expect(places(expectProblem(answer, 'schema_violation'))).toEqual(['schema_violation /data/a'])
  })

  it('gives up a check that does not end, and answers others meanwhile', async () => {
    const { appId } = await publishApp(shape())
    await readConfig(shape(), appId)
    await setSchema(shape(), appId, { properties: { items: { uniqueItems: true } } })
    let answered = false
    const saving = saveData(shape(), appId, '2.0.0', {
      items: Array.from({ length: 60_000 }, (_, i) => ({ i })),
    })
    saving.finally(() => {
      answered = true
    })
    let reads = 0
    while (!answered) {
      expect((await readConfig(shape(), appId)).status).toBe(200)
      reads += 1
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(reads).toBeGreaterThan(10)
    const problem = expectProblem(await saving, 'schema_violation')
    expect(problem.detail).toContain('takes longer than 2 seconds')
    await saveVersion(shape(), appId, '2.0.0', { items: [1, 2] })
  })
}
