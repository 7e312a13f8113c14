import { listen } from './listen.ts'

/**
 * A listener in a process of its own, as other runtimes need one: says where it listens, and answers each request with what it
 * was taken for, body and all; /silent with nothing. Closes when it is told anything, and ends when its input does.
 */
const echo = async (request: Request): Promise<Response> => {
  if (request.url.endsWith('/silent')) return new Promise(() => {})
  const body = await request.text()
  return new Response(
    `${request.method} ${request.url.replace(/^https?:\/\/[^/]*/, '')} ${JSON.stringify(body)}`,
  )
}
const [, , options = '{}'] = process.argv
const listener = await listen(echo, {
  host: '127.0.0.1',
  port: 0,
  onUnreadable: () => {},
  ...JSON.parse(options),
})
process.stdout.write(`${listener.url}\n`)
process.stdin.once('data', () => listener.close(60_000).then(() => process.stdout.write('closed\n')))
process.stdin.resume().once('end', () => process.exit(0))
