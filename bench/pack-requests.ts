import { createCounting } from '../server/src/gateway/counting/counting.ts'
import { packCounts } from '../server/src/gateway/counting/pack-counts.ts'
import { countRead, headersOf } from '../server/src/gateway/counting/visit.fixture.ts'
import { median } from './report.ts'

/** What a gateway with much to do counts between two shipments. */
const requests = 100_000
const warmRuns = 3
const runs = 9

/**
 * Nanoseconds of CPU that it takes to make one of many counted requests ready for shipping, as text. Alone, because a gateway
 * that has nothing else to do tidies its memory, which takes longer.
 */
export const measurePacking = async (paths: readonly string[], status: number): Promise<number> => {
  const counting = createCounting()
  const headers = new Map<string, ReturnType<typeof headersOf>>()
  const took: number[] = []
  for (let run = 0; run < warmRuns + runs; run += 1) {
    for (let at = 0; at < requests; at += 1) {
      const [address = '', query] = (paths[at % paths.length] ?? '').split('?')
      const appId = address.slice(address.lastIndexOf('/') + 1)
      const ofApp = headers.get(appId) ?? headersOf(42)
      headers.set(appId, ofApp)
      countRead(counting, appId, { query: query ? `?${query}` : '', status, headers: ofApp })
    }
    const journal = counting.take()
    const before = process.cpuUsage()
    if (journal) JSON.stringify([...(await packCounts(journal)).tallies])
    const { user, system } = process.cpuUsage(before)
    if (run >= warmRuns) took.push(((user + system) * 1_000) / requests)
  }
  return median(took)
}
