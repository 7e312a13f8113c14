/** Loaded into a server before its program: at SIGUSR2 it collects garbage and tells what is left, in bytes. */
process.on('SIGUSR2', () => {
  const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc(wait: boolean): void } }
  for (let times = 0; times < 2; times += 1) {
    gc?.()
    Bun?.gc(true)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  process.stdout.write(`\nMEMORY ${JSON.stringify({ live: heapUsed + external, rss })}\n`)
})
