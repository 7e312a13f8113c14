import { setTimeout as wait } from 'node:timers/promises'
import type { Rollout } from '../../../contract/rollout.ts'
import type { Client } from '../client.ts'
import { Failure } from '../command.ts'
import { Refusal } from '../refusal.ts'
import { openNumbers } from './read-numbers.ts'

/** What the story is told with. */
export interface Telling {
  client: Client
  appId: string
  say: (line: string) => void
  daysPast: () => number
}

/** What the simulated app is given: a call of the checkout may take so long. */
const configWith = (timeoutMs: number, season: string) => ({
  checkout: { timeoutMs, url: 'https://checkout.example.com' },
  theme: { accent: season },
})

interface EventGuard {
  kind: 'events'
  name: string
  minimumExposures: number
  alpha: number
}

/** A fifth of the devices every few seconds, and a few more seconds in which it can be taken back. */
const plan = { growth: 'linear', growthFactorPercent: 20, durationSeconds: 40, bakeSeconds: 10 } as const
/** Surer than usual: the bad release is a gross one, and nobody is to see the good one taken back by bad luck. */
const guards: EventGuard[] = [{ kind: 'events', name: 'errors', minimumExposures: 300, alpha: 0.002 }]
const lookMs = 2_500

/** The app of the simulation, made where it is not there, with a config that works for all. Throws Refusal and Failure. */
export const prepareApp = async ({ client, appId, say }: Telling): Promise<void> => {
  await client
    .ask('POST /manage/v1/apps', {
      body: { appId, name: 'Simulated shop', labels: { simulated: 'true' } },
      idempotencyKey: undefined,
    })
    .catch(unless('app_exists'))
  const version = await release({ client, appId }, 5_000, 'white')
  say(`${appId} ${version.configVersion} is live for all: a checkout may take 5000 ms.`)
}

/** A release that harms nobody reaches all devices by itself. */
export const releaseGood = async (telling: Telling): Promise<void> => {
  telling.say('A good release: another colour. One step after the other, as its guard allows.')
  await follow(telling, await start(telling, 5_000, 'green'))
}

/** A typo in a timeout: one device in ten cannot check out any more. */
export const releaseBad = async (telling: Telling): Promise<Rollout> => {
  telling.say(
    'A bad release: a typo, 400 ms where 5000 were meant. Slow networks fail. Nobody watches but its guard.',
  )
  return follow(telling, await start(telling, 400, 'green'))
}

const start = async (telling: Telling, timeoutMs: number, season: string): Promise<number> => {
  const { rolloutId } = await release(telling, timeoutMs, season, { ...plan, guards })
  if (rolloutId === null) throw new Failure('The release was made, but without a rollout.')
  return rolloutId
}

const release = async (
  { client, appId }: Pick<Telling, 'client' | 'appId'>,
  timeoutMs: number,
  season: string,
  rollout?: typeof plan & { guards: EventGuard[] },
) => {
  const data = configWith(timeoutMs, season)
  const { configVersion } = await client.ask('POST /manage/v1/apps/{appId}/configs', {
    params: { appId },
    body: { bump: 'minor', data, note: 'Made by parasol simulate' },
    idempotencyKey: undefined,
  })
  return client.ask('POST /manage/v1/apps/{appId}/releases', {
    params: { appId },
    body: { configVersion, reason: 'Simulated', ...(rollout && { rollout }) },
    idempotencyKey: undefined,
  })
}

/** Tells how a rollout goes until it has ended. */
const follow = async (telling: Telling, rolloutId: number): Promise<Rollout> => {
  const { client, appId, say, daysPast } = telling
  const read = () => client.ask('GET /manage/v1/rollouts/{rolloutId}', { params: { rolloutId } })
  const { startedAt } = await read()
  const readNumbers = openNumbers(client, appId, startedAt)
  for (;;) {
    await wait(lookMs)
    const rollout = await read()
    say(`day ${daysPast().toFixed(1)}  ${rollout.state} ${rollout.percent} %  ${await readNumbers()}`)
    if (rollout.endedAt === null) continue
    say(rollout.state === 'completed' ? 'It is live for all.' : `It was taken back: ${rollout.reason}`)
    return rollout
  }
}

const unless =
  (code: string) =>
  (error: unknown): void => {
    if (!(error instanceof Refusal) || error.problem.code !== code) throw error
  }
