import { expect } from 'vitest'
import type { Program } from '../program.ts'
import { pause, read } from './fleet.ts'

export interface Watched {
  reads: number
  /** Reads that were not answered by a config. */
  failures: string[]
  /** Reads that began after a newer revision had been answered by the same node. */
  regressions: string[]
}

export interface Watch {
  stop(): Promise<Watched>
}

/**
 * Reads the apps from the nodes without end, by several readers each, and notes every answer that is not a config or is
 * older than one that the same node gave before the request was sent.
 */
export const watchReads = (nodes: Program[], appIds: string[], { readers = 2, pauseMs = 5 } = {}): Watch => {
  const seen: Watched = { reads: 0, failures: [], regressions: [] }
  let stopped = false

  const watchOne = (node: Program, appId: string): Promise<void>[] => {
    let highest = 0
    const readOnce = async (headers: Record<string, string>): Promise<void> => {
      const before = highest
      const { status, revision, source } = await read(node, appId, headers)
      seen.reads += 1
      if (status !== 200) seen.failures.push(`${node.url} ${appId}: ${status}`)
      else if (revision < before)
        seen.regressions.push(`${node.url} ${appId}: ${revision} from ${source} after ${before}`)
      highest = Math.max(highest, revision)
    }
    const loop = async (headers: Record<string, string>): Promise<void> => {
      while (!stopped) {
        await readOnce(headers).catch((error) => seen.failures.push(`${node.url} ${appId}: ${error}`))
        await pause(pauseMs)
      }
    }
    // Readers of different codings, because each coding of a release is built by itself.
    const codings = ['identity', 'br', 'gzip']
    return Array.from({ length: readers }, (_, i) => loop({ 'accept-encoding': codings[i % 3] ?? '' }))
  }

  const all = nodes.flatMap((node) => appIds.flatMap((appId) => watchOne(node, appId)))
  return {
    stop: async () => {
      stopped = true
      await Promise.all(all)
      return seen
    },
  }
}

/** The two guarantees of reading: an app that was ever served is served, and nobody goes back in time. */
export const expectUntroubled = (seen: Watched): void => {
  expect(seen.failures).toEqual([])
  expect(seen.regressions).toEqual([])
  expect(seen.reads).toBeGreaterThan(0)
}
