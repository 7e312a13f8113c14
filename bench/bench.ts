import { describeMachine } from './machine.ts'
import { measureAnalytics } from './measure-analytics.ts'
import { measureColdStart } from './measure-cold-start.ts'
import { measureCounting } from './measure-counting.ts'
import { measureEvents } from './measure-events.ts'
import { measureFleet } from './measure-fleet.ts'
import { measureGateway } from './measure-gateway.ts'
import { measureHttp } from './measure-http.ts'
import { measureLive } from './measure-live.ts'
import { measureMemory } from './measure-memory.ts'
import { measurePublish } from './measure-publish.ts'
import { measureTargeting } from './measure-targeting.ts'
import { help, readOptions } from './options.ts'
import { progress, saveResults } from './report.ts'

const measure = {
  http: measureHttp,
  cold: measureColdStart,
  publish: measurePublish,
  memory: measureMemory,
  fleet: measureFleet,
  targeting: measureTargeting,
  live: measureLive,
  gateway: measureGateway,
  events: measureEvents,
  counting: measureCounting,
  analytics: measureAnalytics,
}

const main = async (args: string[]): Promise<void> => {
  const options = readOptions(args)
  if (!options) return console.log(help)
  const machine = describeMachine()
  progress(
    `${machine.cpu}, ${machine.cores} cores, load ${machine.load1}${machine.pinned ? '' : ', NOT pinned'}`,
  )
  const results: Record<string, unknown> = {}
  for (const part of options.parts) results[part] = await measure[part](options)
  const file = saveResults({ at: new Date().toISOString(), machine, options, results })
  progress(`load at the end ${describeMachine().load1}; all figures are in ${file}`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  progress(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
