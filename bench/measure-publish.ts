import { join } from 'node:path'
import { freshFolder, removeFolder } from '../tests/stores/own-server.ts'
import { connectReader, type Reader } from './connect-reader.ts'
import { documentOf50Keys } from './document.ts'
import { publishNewApp, release, saveVersion } from './management.ts'
import type { Options } from './options.ts'
import { type Parasol, startParasol } from './parasol.ts'
import { atMost, number, printTable, progress, quantile, say } from './report.ts'
import { openStores, type Stores } from './stores.ts'

/** One publish after the other, each looked for in every front. */
interface Visibility {
  fronts: string
  publishes: number
  /** From the sending of the publish to the first new answer of the last front. */
  sentToVisibleMs: number[]
  /** From the answer to the publish; negative where the fronts were faster than the answer. */
  answeredToVisibleMs: number[]
  /** Reads of just the revision, at every front as soon as the publisher knew it, that answered an older one. */
  olderThanFence: number
}

export type PublishResult = Visibility[]

interface Fronts {
  name: string
  publisher: Parasol
  readers: Reader[]
  stop(): Promise<void>
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

/** Whether a read that names the revision answers an older one. */
const isOlder = async (reader: Reader, revision: number): Promise<boolean> => {
  const { body } = await reader.get(`/v2/api/config/${appId}?revision=${revision}`)
  return (JSON.parse(body) as { revision: number }).revision < revision
}

const publishOnce = async (
  { publisher, readers }: Fronts,
  round: number,
  result: Visibility,
): Promise<void> => {
  const version = await saveVersion(publisher, appId, { ...documentOf50Keys(), round })
  // At random, so that no timer of the program beats in step with us.
  await pause(5 + Math.random() * 30)
  const visible = Promise.all(readers.map((reader) => untilVisible(reader, version)))
  const sentAt = performance.now()
  const { revision } = (await release(publisher, appId, version)) as { revision: number }
  const answeredAt = performance.now()
  const older = await Promise.all(readers.map((reader) => isOlder(reader, revision)))
  const visibleAt = Math.max(...(await visible))
  // The first ones warm the code up.
  if (round <= 0) return
  result.sentToVisibleMs.push(visibleAt - sentAt)
  result.answeredToVisibleMs.push(visibleAt - answeredAt)
  result.olderThanFence += older.filter((is) => is).length
}

/** Two config processes: one publishes, the other is read. */
const startTwo = async ({ env }: Stores, folder: string): Promise<Fronts> => {
  const start = (name: string) =>
    startParasol({
      runtime: 'node',
      dataDir: join(folder, name),
      env: { ...env, PARASOL_SERVICES: 'config' },
    })
  const publisher = await start('a')
  await publishNewApp(publisher, appId, documentOf50Keys())
  const other = await start('b')
  const readers = [connectReader(other.url, 2)]
  return {
    name: 'another config process',
    publisher,
    readers,
    stop: () => stopAll([publisher, other], readers),
  }
}

/** Three gateways, each in front of a config process of its own; the first one takes the publishes too. */
const startThreePairs = async ({ env }: Stores, folder: string): Promise<Fronts> => {
  const nodes: Parasol[] = []
  const start = async (name: string, more: Record<string, string>): Promise<Parasol> => {
    const node = await startParasol({
      runtime: 'node',
      dataDir: join(folder, name),
      env: { ...env, ...more },
    })
    nodes.push(node)
    return node
  }
  const readers: Reader[] = []
  let publisher: Parasol | undefined
  for (const n of [1, 2, 3]) {
    const config = await start(`config-${n}`, { PARASOL_SERVICES: 'config' })
    if (!publisher) await publishNewApp(config, appId, documentOf50Keys())
    const behind = { PARASOL_CONFIG_URL: config.url, PARASOL_ANALYTICS_URL: config.url }
    const gateway = await start(`gateway-${n}`, { PARASOL_SERVICES: 'gateway', ...behind })
    publisher ??= gateway
    readers.push(connectReader(gateway.url, 2))
  }
  if (!publisher) throw new Error('no gateway was started')
  return {
    name: 'each of 3 gateways with 3 config processes',
    publisher,
    readers,
    stop: () => stopAll(nodes, readers),
  }
}

const stopAll = async (nodes: readonly Parasol[], readers: readonly Reader[]): Promise<void> => {
  for (const reader of readers) reader.close()
  for (const node of nodes) await node.stop()
}

const measureFronts = async (
  start: (stores: Stores, folder: string) => Promise<Fronts>,
  publishes: number,
): Promise<Visibility> => {
  const stores = await openStores()
  const folder = freshFolder('bench')
  try {
    const fronts = await start(stores, folder)
    const result: Visibility = {
      ...{ fronts: fronts.name, publishes, olderThanFence: 0 },
      ...{ sentToVisibleMs: [], answeredToVisibleMs: [] },
    }
    try {
      for (let round = -9; round <= publishes; round += 1) {
        await publishOnce(fronts, round, result)
        if (round > 0 && round % 200 === 0) progress(`publish: ${fronts.name}: ${round} of ${publishes}`)
      }
    } finally {
      await fronts.stop()
    }
    return result
  } finally {
    await stores.close()
    removeFolder(folder)
  }
}

/** From a publish to the first new answer elsewhere, over real PostgreSQL and Redis. */
export const measurePublish = async ({ publishes }: Options): Promise<PublishResult> => {
  const results: PublishResult = []
  for (const start of [startTwo, startThreePairs]) results.push(await measureFronts(start, publishes))
  for (const result of results) print(result)
  return results
}

const print = ({
  fronts,
  publishes,
  sentToVisibleMs,
  answeredToVisibleMs,
  olderThanFence,
}: Visibility): void => {
  const row = (name: string, values: number[], verdict = ''): string[] => [
    name,
    ...[0.5, 0.99, 1].map((share) => number(quantile(values, share), 1)),
    verdict,
  ]
  const p99 = atMost(quantile(sentToVisibleMs, 0.99), 50, 'ms')
  printTable(
    `Publish to visible on ${fronts}, ${number(publishes)} publishes; reads older than their fence: ${olderThanFence}`,
    ['measured', 'p50 ms', 'p99 ms', 'max ms', 'target of the p99'],
    [
      row('from the sending of the publish', sentToVisibleMs, say(p99)),
      row('from the answer to the publisher', answeredToVisibleMs),
    ],
  )
}
