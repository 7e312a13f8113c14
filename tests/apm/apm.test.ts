import { afterAll, beforeAll, describe } from 'vitest'
import { testEnvironment } from '../environment.ts'
import { prometheus } from './prometheus.ts'
import { vendors } from './vendors.ts'
import { startWatched, type Watched } from './watched.ts'

// Each start on Bun takes seconds of both cores.
const runtimes = testEnvironment.campaign ? (['node', 'bun'] as const) : (['node'] as const)

describe.each(runtimes)('three processes on %s', (runtime) => {
  let processes: Watched
  beforeAll(async () => {
    processes = await startWatched(runtime)
  })
  afterAll(() => processes?.stop())

  describe('send by OTLP', () => vendors(() => processes))
  describe('answer at /metrics', () => prometheus(() => processes))
})
