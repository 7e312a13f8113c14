import { parentPort } from 'node:worker_threads'
import { LRUCache } from 'lru-cache'
import { checkBatch } from './check-batch.ts'
import type { Finding } from './checks.ts'
import type { Job, Told } from './create-schema-checks.ts'
import { vetSchema } from './vet-schema.ts'

// The thread that `createSchemaChecks` starts: it answers each question as far as it has come, and may be ended any time.

if (!parentPort) throw new Error('check-thread.ts is started as a thread')
const port = parentPort
const tell = (told: Told): void => port.postMessage(told)

/** An import brings the same schema for many apps. */
const vetted = new LRUCache<string, readonly Finding[]>({
  maxSize: 1_048_576,
  sizeCalculation: (_, text) => text.length,
})

const vet = (text: string): readonly Finding[] => {
  const findings = vetted.get(text) ?? vetSchema(JSON.parse(text))
  vetted.set(text, findings)
  return findings
}

/** One config may have hundreds of overrides: whoever waits hears now and then that the thread is not stuck. */
const tellOfProgress = (): (() => void) => {
  let told = performance.now()
  return () => {
    const now = performance.now()
    if (now - told < 250) return
    told = now
    tell({ busy: true })
  }
}

port.on('message', (job: Job) => {
  if ('vet' in job) tell({ answer: vet(job.vet) })
  else for (const verdict of checkBatch(job.check, tellOfProgress())) tell({ answer: verdict })
})
tell({ ready: true })
