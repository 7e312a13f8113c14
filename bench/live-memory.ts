import { join } from 'node:path'
import { connectReader } from './connect-reader.ts'
import { residentBytes } from './machine.ts'
import type { Parasol } from './parasol.ts'
import { seededAppId } from './seed-apps.ts'

/** Bytes after a garbage collection: of the heap with what hangs on it, and resident. */
export interface Live {
  live: number
  rss: number
}

export interface Sample {
  atMs: number
  residentBytes: number
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Lets a server tell its memory at SIGUSR2. */
export const withReports = (env: Record<string, string>): Record<string, string> => {
  const script = join(import.meta.dirname, 'report-memory.ts')
  return { ...env, NODE_OPTIONS: `--expose-gc --import=${script}`, BUN_OPTIONS: `--preload=${script}` }
}

export const tellLive = async (parasol: Parasol): Promise<Live> => {
  // What was just begun (a sweep, a snapshot on its way to the disk) shall end first.
  await pause(2_000)
  const toldBefore = parasol.output().split('\nMEMORY ').length
  process.kill(parasol.pid, 'SIGUSR2')
  for (let waited = 0; waited < 10_000; waited += 50) {
    const told = parasol.output().split('\nMEMORY ')
    const last = told.at(-1) ?? ''
    if (told.length > toldBefore && last.includes('\n')) return JSON.parse(last.slice(0, last.indexOf('\n')))
    await pause(50)
  }
  throw new Error('the server does not tell its memory')
}

interface Reading {
  /** Of the seeded ones, from the first. */
  apps: number
  /** Ends after so many reads or seconds. */
  reads?: number
  seconds?: number
}

/** Reads seeded apps at random over 32 connections and takes a sample of the resident memory twice a second. */
export const readAtRandom = async (
  parasol: Parasol,
  { apps, reads = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY }: Reading,
): Promise<{ samples: Sample[]; reads: number }> => {
  const reader = connectReader(parasol.url, 32)
  const startedAt = performance.now()
  const samples: Sample[] = []
  const sample = (): void => {
    samples.push({ atMs: performance.now() - startedAt, residentBytes: residentBytes(parasol.pid) })
  }
  const sampling = setInterval(sample, 500)
  let done = 0
  const work = async (): Promise<void> => {
    while (done < reads && performance.now() - startedAt < seconds * 1_000) {
      done += 1
      await reader.get(`/v1/api/config/${seededAppId(Math.floor(Math.random() * apps))}`)
    }
  }
  try {
    await Promise.all(Array.from({ length: 32 }, work))
  } finally {
    clearInterval(sampling)
    reader.close()
  }
  return { samples, reads: done }
}
