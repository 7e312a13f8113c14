import { open } from 'node:fs'
import { createClosers } from './closers.ts'
import { createReadiness } from './health/readiness.ts'
import { openLog } from './log/open-log.ts'
import { stopOnSignal } from './stop-on-signal.ts'

// A process one of whose closers never ends; with the path of a pipe, because of file operations that never end.
const [pipe] = process.argv.slice(2)
const { log, flush } = openLog('info')
const closers = createClosers(() => {})
closers.add('what hangs', () => new Promise(() => {}))
stopOnSignal({ log, flush, readiness: createReadiness(), closers, drainMs: 0, closeMs: 200 })
if (pipe) open(pipe, 'r', () => {})
setInterval(() => {}, 1_000)
process.send?.('ready')
