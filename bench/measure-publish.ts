import { join } from 'node:path'
import { freshFolder, removeFolder } from '../tests/stores/own-server.ts'
import { connectReader, type Reader } from './connect-reader.ts'
import { documentOf50Keys } from './document.ts'
import { publishNewApp, release, saveVersion } from './management.ts'
import type { Options } from './options.ts'
import { type Parasol, startParasol } from './parasol.ts'
import { atMost, number, printTable, progress, quantile, say } from './report.ts'
import { openStores } from './stores.ts'

export interface PublishResult {
  publishes: number
  /** From the sending of the publish to the other node's first new answer. */
  sentToVisibleMs: number[]
  /** From the answer to the publish; negative where the other node was faster than the answer. */
  answeredToVisibleMs: number[]
}

const appId = 'bench'
const path = `/v1/api/config/${appId}`
const givenUpMs = 30_000

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Asks again and again, a millisecond apart, until the version is there; answers the moment of its answer's arrival. */
const untilVisible = async (reader: Reader, configVersion: string): Promise<number> => {
  const mark = `"configVersion":"${configVersion}"`
  const deadline = performance.now() + givenUpMs
  for (;;) {
    const { body } = await reader.get(path)
    const now = performance.now()
    if (body.includes(mark)) return now
    if (now > deadline) throw new Error(`${configVersion} was not visible after ${givenUpMs} ms`)
    await pause(1)
  }
}

const publishOnce = async (publisher: Parasol, reader: Reader, round: number): Promise<[number, number]> => {
  const version = await saveVersion(publisher, appId, { ...documentOf50Keys(), round })
  // At random, so that no timer of the program beats in step with us.
  await pause(10 + Math.random() * 100)
  const visible = untilVisible(reader, version)
  const sentAt = performance.now()
  await release(publisher, appId, version)
  const answeredAt = performance.now()
  const visibleAt = await visible
  return [visibleAt - sentAt, visibleAt - answeredAt]
}

/** From a publish on one node to the other's first new answer, over real PostgreSQL and Redis. */
export const measurePublish = async ({ publishes }: Options): Promise<PublishResult> => {
  const stores = await openStores()
  const folder = freshFolder('bench')
  const env = { ...stores.env, PARASOL_SERVICES: 'config' }
  const nodes: Parasol[] = []
  const result: PublishResult = { publishes, sentToVisibleMs: [], answeredToVisibleMs: [] }
  try {
    const publisher = await startParasol({ runtime: 'node', dataDir: join(folder, 'a'), env })
    nodes.push(publisher)
    await publishNewApp(publisher, appId, documentOf50Keys())
    const other = await startParasol({ runtime: 'node', dataDir: join(folder, 'b'), env })
    nodes.push(other)
    const reader = connectReader(other.url, 1)
    for (let round = -9; round <= publishes; round += 1) {
      const [sent, answered] = await publishOnce(publisher, reader, round)
      // The first ones warm the code up.
      if (round > 0) result.sentToVisibleMs.push(sent)
      if (round > 0) result.answeredToVisibleMs.push(answered)
      if (round > 0 && round % 50 === 0) progress(`publish: ${round} of ${publishes}`)
    }
    reader.close()
  } finally {
    for (const node of nodes) await node.stop()
    await stores.close()
    removeFolder(folder)
  }
  print(result)
  return result
}

const print = ({ publishes, sentToVisibleMs, answeredToVisibleMs }: PublishResult): void => {
  const row = (name: string, values: number[], verdict = ''): string[] => [
    name,
    ...[0.5, 0.99, 1].map((share) => number(quantile(values, share), 1)),
    verdict,
  ]
  const p99 = atMost(quantile(sentToVisibleMs, 0.99), 50, 'ms')
  printTable(
    `Publish to visible on another node; two config processes, ${publishes} publishes`,
    ['measured', 'p50 ms', 'p99 ms', 'max ms', 'target of the p99'],
    [
      row('from the sending of the publish', sentToVisibleMs, say(p99)),
      row('from the answer to the publisher', answeredToVisibleMs),
    ],
  )
}
