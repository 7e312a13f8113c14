import { afterAll } from 'vitest'
import { endAll } from './at-end.ts'
import { allGone, signalTree } from './stores/processes.ts'
import { watched } from './stores/reap-at-exit.ts'

// Vitest runs this before each file. Files share processes and what they import: a hook in a module that several
// import is that of the first one alone, and whatever the others begin would run on and cost until all tests are over.
afterAll(async () => {
  await endAll()
  const left = watched()
  if (left.length === 0) return
  for (const pid of left) await allGone(signalTree(pid, 'SIGKILL'))
  throw new Error(`processes ${left.join(', ')} outlived their test file: end them in it, see atEnd()`)
})
