import { ask } from './ask.fixture.ts'
import { ConnectionPool } from './connection-pool.ts'
import { originOf } from './dial.ts'

/** Asks a server, whose URL is given, one thing after the other, and prints what came of each. Run by each runtime. */
const base = new URL(process.argv[2] ?? '')
const pool = new ConnectionPool(originOf(base, base.host), 2)
const print = (...said: unknown[]): void => void process.stdout.write(`${JSON.stringify(said)}\n`)

const outcome = async (asked: Parameters<typeof ask>[1]): Promise<unknown> => {
  const { call, came } = ask(pool, asked)
  const { head, whole, read, failed } = await came
  if (!head) return String(failed)
  if (asked?.path === '/left') call.breakOff(new Error('nobody reads it'))
  const body = await read?.then(
    (text) => text.length,
    () => 'cut',
  )
  return [head.status, whole ?? body]
}

for (const path of [
  ...['/small', '/small', '/chunked', '/large', '/to-the-end', '/left', '/broken', '/silent', '/no-http'],
  ...['/gone', '/small'],
]) {
  print(path, await outcome({ path, headersMs: path === '/silent' ? 100 : 5_000 }))
}
for (const path of ['/length', '/chunks', '/large']) {
  const pieces = path === '/large' ? Array.from({ length: 40 }, () => 'x'.repeat(50_000)) : ['he', 'llo']
  const body = { stream: new Blob(pieces).stream(), length: path === '/length' ? 5 : undefined }
  print(path, await outcome({ method: 'POST', path, body }))
}
// It stands still for longer than it waits, just after a socket was read.
const late = outcome({ path: '/late', headersMs: 100 })
await outcome({ path: '/small' })
const until = performance.now() + 300
while (performance.now() < until);
print('/late', await late)
const many = await Promise.all(Array.from({ length: 20 }, () => outcome({ path: '/small' })))
print('many', many.length, new Set(many.map(String)).size)
// Its idle connections do not keep it alive.
