import { Worker } from 'node:worker_threads'
import { Problem } from '../../../../contract/problems.ts'
import { afterReading } from '../../platform/after-reading.ts'
import { within } from '../../platform/within.ts'
import {
  type Batch,
  CheckGivenUp,
  type Finding,
  longestChangeMs,
  longestCheckMs,
  type SchemaChecks,
  type Verdict,
} from './checks.ts'

/** What the thread is asked: to vet a schema, or to check configs. */
export type Job = { vet: string } | { check: Batch }
/** What it says: that it has begun, then an answer for the schema, or for each config as soon as it has it; or that it goes on. */
export type Told = { ready: true } | { busy: true } | { answer: readonly Finding[] | Verdict }

const startMs = 10_000
const memoryMib = 512

interface Thread {
  worker: Worker
  ready: Promise<void>
}

const startThread = (onEnd: (worker: Worker) => void): Thread => {
  const worker = new Worker(new URL('./check-thread.ts', import.meta.url), {
    // It runs what people outside wrote, compiled: the secrets of this process are not for it.
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: memoryMib },
  })
  // One that fails while nobody waits must not end the process.
  worker.on('error', () => {})
  worker.once('exit', () => onEnd(worker))
  const begun = new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the thread of the schema checks did not start')))
  })
  const ready = within(startMs, 'the start of the schema checks', begun)
  ready.catch(() => {})
  return { worker, ready }
}

interface Asked {
  job: Job
  /** How many answers there will be. */
  expected: number
  withinMs: number
}

/** The answers of a thread. One that is silent for too long, or needs too long for all, is given up. */
const ask = <Answer>(worker: Worker, { job, expected, withinMs }: Asked): Promise<Answer[]> =>
  new Promise((resolve, reject) => {
    const answers: Answer[] = []
    const end = (settle: () => void): void => {
      clearTimeout(silence)
      clearTimeout(patience)
      worker.off('message', listen).off('error', fail).off('exit', leave)
      settle()
    }
    const giveUp = (why: string): void => end(() => reject(new CheckGivenUp(why, answers.length)))
    let heard = 0
    const listen = (told: Told): void => {
      heard += 1
      if ('answer' in told) answers.push(told.answer as Answer)
      if (answers.length === expected) end(() => resolve(answers))
      else silence.refresh()
    }
    const fail = (error: Error & { code?: string }): void => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') giveUp(`takes more than ${memoryMib} MiB of memory`)
      else end(() => reject(error))
    }
    const leave = (): void => end(() => reject(new Error('the thread of the schema checks has ended')))
    const silence = setTimeout(() => {
      // This process may have been busy itself: what has arrived meanwhile is read first.
      const before = heard
      afterReading(() => heard === before && giveUp(`takes longer than ${longestCheckMs / 1_000} seconds`))
    }, longestCheckMs)
    const patience = setTimeout(() => giveUp('and all before it takes longer than one change may'), withinMs)
    worker.on('message', listen).on('error', fail).on('exit', leave)
    worker.postMessage(job)
  })

/** Starts its thread with the first question, one question at a time, and keeps it; it does not keep the process. */
export const createSchemaChecks = (): SchemaChecks => {
  let thread: Thread | undefined
  let turn: Promise<unknown> = Promise.resolve()
  let closed = false

  const drop = (worker: Worker): void => {
    if (thread?.worker === worker) thread = undefined
  }

  const askThread = async <Answer>(asked: Asked): Promise<Answer[]> => {
    if (closed) throw new Problem('stopping')
    thread ??= startThread(drop)
    const { worker, ready } = thread
    worker.ref()
    try {
      await ready
      return await ask<Answer>(worker, asked)
    } catch (error) {
      // Whatever it is doing, or why it fails: the next question starts a new one.
      drop(worker)
      await worker.terminate()
      throw closed ? new Problem('stopping') : error
    } finally {
      worker.unref()
    }
  }

  const inTurn = <Answer>(asked: Asked): Promise<Answer[]> => {
    const mine = turn.then(() => askThread<Answer>(asked))
    turn = mine.catch(() => {})
    return mine
  }

  return {
    vet: async (text) => {
      const asked = { job: { vet: text }, expected: 1, withinMs: longestChangeMs }
      const [findings = []] = await inTurn<readonly Finding[]>(asked)
      return findings
    },
    check: async (batch, withinMs) => {
      const expected = batch.configs.length
      return expected === 0 ? [] : inTurn<Verdict>({ job: { check: batch }, expected, withinMs })
    },
    close: async () => {
      closed = true
      await thread?.worker.terminate()
    },
  }
}
