import { registerHooks } from 'node:module'

const files: Record<string, number> = {}
registerHooks({
  load(url, context, next) {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
    if (name !== undefined) files[name] = (files[name] ?? 0) + 1
    return next(url, context)
  },
})

/** Loaded into a server before its program: at SIGUSR2 it tells how many files of which packages it has loaded. */
process.on('SIGUSR2', () => {
  process.stdout.write(`\nLOADED ${JSON.stringify(files)}\n`)
})
