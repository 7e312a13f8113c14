import { expect, test } from 'vitest'
import { openClient } from '../../cli/src/client.ts'
import { drawFrom, makeFleet } from '../../cli/src/simulate/make-fleet.ts'
import { playFleet } from '../../cli/src/simulate/play-fleet.ts'
import { openNumbers } from '../../cli/src/simulate/read-numbers.ts'
import { prepareApp } from '../../cli/src/simulate/tell-story.ts'
import { eventually } from '../eventually.ts'
import type { Cli } from './run.ts'

/** What `parasol simulate` is made of; the whole of it takes more than a minute. */
export const simulate = (cli: () => Cli): void => {
  test('a simulated fleet asks, keeps what it has, tells events, and is counted by the server', async () => {
    const { url, token } = cli()
    const client = openClient({ url, token, timeoutMs: 30_000 })
    const appId = 'simulated'
    const said: string[] = []
    await prepareApp({ client, appId, say: (line) => said.push(line), daysPast: () => 0 })
    expect(said).toEqual(['simulated 0.1.0 is live for all: a checkout may take 5000 ms.'])
    const readNumbers = openNumbers(client, appId, new Date(Date.now() - 60_000).toISOString())
    const draw = drawFrom(1)
    const playing = playFleet({ url, appId }, makeFleet(100, draw), { dayMs: 1_000, draw })
    try {
      await eventually(async () => {
        expect(await readNumbers()).toMatch(/^0\.1\.0 #{20} 100 %, \d+\.\d % of devices failing$/)
        expect(playing.tally.unchanged).toBeGreaterThan(0)
      })
    } finally {
      await playing.stop()
    }
    const { fetches, failedFetches, events } = playing.tally
    expect(failedFetches).toBe(0)
    expect(events).toBeGreaterThanOrEqual(fetches)
  })

  test('a second simulation goes on with the app of the first', async () => {
    const { url, token } = cli()
    const client = openClient({ url, token, timeoutMs: 30_000 })
    const said: string[] = []
    await prepareApp({ client, appId: 'simulated', say: (line) => said.push(line), daysPast: () => 0 })
    expect(said).toEqual(['simulated 0.2.0 is live for all: a checkout may take 5000 ms.'])
  })

  test('the same seed makes the same fleet', () => {
    expect(makeFleet(50, drawFrom(7))).toEqual(makeFleet(50, drawFrom(7)))
    expect(makeFleet(50, drawFrom(7))).not.toEqual(makeFleet(50, drawFrom(8)))
  })
}
