import { afterAll, beforeAll, describe } from 'vitest'
import { prometheus } from './prometheus.ts'
import { vendors } from './vendors.ts'
import { startWatched, type Watched } from './watched.ts'

let processes: Watched
beforeAll(async () => {
  processes = await startWatched()
})
afterAll(() => processes?.stop())

describe('by OTLP', () => vendors(() => processes))
describe('by /metrics', () => prometheus(() => processes))
