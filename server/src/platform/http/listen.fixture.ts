import { listen } from './listen.ts'

/**
 * A listener in a process of its own, as other runtimes need one: says where it listens, and answers each request with what it
 * was taken for, body and all. Ends when its input does.
 */
const echo = async (request: Request): Promise<Response> => {
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
process.stdin.resume().once('end', () => process.exit(0))
