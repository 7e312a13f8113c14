#!/usr/bin/env -S node --max-semi-space-size=8
import * as module from 'node:module'

if (!process.features.typescript && !process.versions.bun) {
  const version = process.versions.node
  console.error(
    `parasol: Node ${version} runs no TypeScript. Take Node 24 or later, or "npx parasol", which brings its own.`,
  )
  process.exit(1)
}
// Compiled once, kept for the next start: half of the time until the first answer. Bun has no need and no such function.
// Plain JavaScript, because what strips types takes 15 MiB for good, and all that is kept needs it no more.
module.enableCompileCache?.()
// Loaded after that, so that it counts for the command line too.
const { runCommandLine } = await import('./run-command-line.ts')

const code = await runCommandLine(process.argv.slice(2))
// A start that failed may have left connections open: waiting for them would let it hang.
if (code) process.exit(code)
