import { parentPort } from 'node:worker_threads'
import { checkBatch } from './check-batch.ts'
import type { Job, Told } from './create-schema-checks.ts'
import { vetSchema } from './vet-schema.ts'

// The thread that `createSchemaChecks` starts: it answers each question as far as it has come, and may be ended any time.

if (!parentPort) throw new Error('check-thread.ts is started as a thread')
const port = parentPort
const tell = (told: Told): void => port.postMessage(told)

port.on('message', (job: Job) => {
  if ('vet' in job) tell({ answer: vetSchema(JSON.parse(job.vet)) })
  else for (const verdict of checkBatch(job.check)) tell({ answer: verdict })
})
tell({ ready: true })
