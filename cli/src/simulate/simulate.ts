import { setTimeout as wait } from 'node:timers/promises'
import { defineAskingCommand } from '../asking-command.ts'
import { drawFrom, makeFleet } from './make-fleet.ts'
import { playFleet } from './play-fleet.ts'
import { prepareApp, releaseBad, releaseGood, type Telling } from './tell-story.ts'

const dayMs = 10_000

export const command = defineAskingCommand({
  summary: 'Play a fleet of devices against a server: a good release, and a bad one that takes itself back.',
  details: `Makes an app of its own and two releases of it. The devices ask for their config, use it and send events, a day of theirs
taking ten seconds. What is shown is what the server has counted. Takes little more than a minute; Ctrl-C ends it.`,
  options: {
    app: { type: 'string', value: 'appId', doc: 'else simulated-shop' },
    devices: { type: 'integer', value: 'number', min: 100, max: 100_000, doc: 'else 1500' },
    seed: {
      type: 'integer',
      value: 'number',
      min: 0,
      max: 1_000_000_000,
      doc: 'another one is another fleet',
    },
  },
  examples: ['parasol simulate', 'parasol simulate --devices 500'],
  run: async ({ app, devices, seed }, { client, print }) => {
    const appId = app ?? 'simulated-shop'
    const draw = drawFrom(seed ?? 1)
    const fleet = makeFleet(devices ?? 1_500, draw)
    const say = (line: string): void => (print.isJson ? print.note(line) : console.log(line))
    const before: Telling = { client, appId, say, daysPast: () => 0 }
    await prepareApp(before)
    say(`${fleet.length} devices begin to ask; each of their days takes ${dayMs / 1_000} seconds.`)
    const startedAt = new Date().toISOString()
    const playing = playFleet({ url: client.url, appId }, fleet, { dayMs, draw })
    try {
      const telling = { ...before, daysPast: playing.daysPast }
      await wait(1.5 * dayMs)
      await releaseGood(telling)
      const rollout = await releaseBad(telling)
      print.document({ appId, rollout, fleet: playing.tally }, () =>
        whatToTry(client.url, appId, startedAt, rollout.rolloutId),
      )
    } finally {
      await playing.stop()
    }
  },
})

const whatToTry = (url: string, appId: string, from: string, rolloutId: number): string => `
Now ask yourself (T is the admin token):
  curl -H "Authorization: Bearer $T" '${url}/v1/api/analytics/${appId}/adoption?interval=minute&from=${from}'
  curl -H "Authorization: Bearer $T" '${url}/v1/api/analytics/${appId}/errors?interval=total&groupBy=configVersion'
  curl -H "Authorization: Bearer $T" '${url}/manage/v1/analytics/rollouts/${rolloutId}/guards'`
