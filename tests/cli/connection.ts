import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Cli, fileOf } from './run.ts'

/** A server that gives one answer to everything, or none. */
const otherServer = async (answer?: { status: number; headers: Record<string, string>; body: string }) => {
  const server = createServer((_, response) => {
    if (answer) response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** How the command line finds its server and its key, and what it says when it does not. */
export const connections = (cli: () => Cli): void => {
  describe('the server', () => {
    test('that is not there: one line, exit code 3', async () => {
      const gone = await otherServer()
      gone.close()
      const env = { PARASOL_URL: gone.url, PARASOL_TOKEN: 'x' }
      expect(await cli().run(['apps', 'list'], { env })).toMatchObject({
        code: 3,
        stdout: '',
        stderr:
          `parasol: There is no Parasol at ${gone.url} (ECONNREFUSED). ` +
          'Start one with "parasol serve", or set PARASOL_URL to where it answers.\n',
      })
    })

    test('that is not there is told as JSON with --json: its code and detail on one line of stderr', async () => {
      const gone = await otherServer()
      gone.close()
      const env = { PARASOL_URL: gone.url, PARASOL_TOKEN: 'x' }
      const { code, stdout, stderr } = await cli().run(['apps', 'list', '--json'], { env })
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
      expect(stderr.trimEnd().split('\n')).toHaveLength(1)
      expect(JSON.parse(stderr)).toEqual({
        code: 'unreachable',
        detail: expect.stringContaining(`There is no Parasol at ${gone.url} (ECONNREFUSED).`),
      })
      const noKey = await cli().run(['apps', 'list', '--json'], { env: { PARASOL_URL: cli().url } })
      expect(JSON.parse(noKey.stderr)).toMatchObject({ code: 'unauthorized' })
    })

    test('that does not answer in time: exit code 3, and a change is not said to have failed', async () => {
      const silent = await otherServer()
      const env = { PARASOL_URL: silent.url, PARASOL_TOKEN: 'x' }
      const read = await cli().run(['apps', 'list', '--timeout', '1'], { env })
      const change = await cli().run(['apps', 'create', 'a', '--name', 'A', '--timeout', '1'], { env })
      const other = await cli().run(['apps', 'restore', 'a', '--timeout', '1'], { env })
      silent.close()
      expect(read).toMatchObject({ code: 3, stderr: `parasol: ${silent.url} did not answer within 1 s.\n` })
      expect(change.stderr).toMatch(
        /Whether it was done is unknown; with --idempotency-key [\w-]{36} the same/,
      )
      expect(other.stderr).toMatch(/Whether it was done is unknown: look before you repeat it/)
    })

    test.each([
      [{ status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' }, 'it gave 200 with text/html'],
      [{ status: 404, headers: {}, body: '' }, 'it gave 404 with no content type'],
      [
        { status: 302, headers: { location: 'https://login.example' }, body: '' },
        'a redirect to https://login.example',
      ],
    ])('that is no Parasol: %j', async (answer, what) => {
      const stranger = await otherServer(answer)
      const env = { PARASOL_URL: stranger.url, PARASOL_TOKEN: 'x' }
      const { code, stderr } = await cli().run(['apps', 'list'], { env })
      stranger.close()
      expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining(what) })
      expect(stderr).toContain('Set PARASOL_URL to where Parasol answers.')
    })

    test('--url counts more than PARASOL_URL; what is no URL is a wrong command line', async () => {
      const env = { PARASOL_URL: 'http://127.0.0.1:1', PARASOL_TOKEN: cli().token }
      expect(await cli().run(['apps', 'list', '--url', `${cli().url}/`], { env })).toMatchObject({ code: 0 })
      expect(await cli().run(['apps', 'list', '--url', 'here'])).toMatchObject({
        code: 2,
        stderr: 'parasol: --url is "here", but it must be a URL with http:// or https://.\n',
      })
    })

    test('PARASOL_URL that is no URL is told as every wrong setting', async () => {
      const { code, stderr } = await cli().run(['apps', 'list'], { env: { PARASOL_URL: 'localhost:80' } })
      expect(code).toBe(1)
      expect(stderr).toContain('PARASOL_URL is "localhost:80", but it must be a URL')
    })
  })

  describe('the key', () => {
    test('that is missing: exit code 4, and where to put it', async () => {
      const { code, stderr } = await cli().run(['apps', 'list'], { env: { PARASOL_URL: cli().url } })
      expect(code).toBe(4)
      expect(stderr).toBe(
        `parasol: There is no key for ${cli().url}: set PARASOL_TOKEN, or name a file that holds one with --token-file (- for stdin).\n`,
      )
    })

    test('that is not known: exit code 4', async () => {
      const env = { PARASOL_URL: cli().url, PARASOL_TOKEN: 'parasol_wrong' }
      const { code, stderr } = await cli().run(['apps', 'list'], { env })
      expect({ code, stderr }).toEqual({
        code: 4,
        stderr: expect.stringContaining('(unauthorized, request '),
      })
    })

    test('that may not do this: exit code 4', async () => {
      const made = await cli().done('keys', 'create', 'reader of the cli', '--role', 'viewer', '--json')
      const { key } = made.json<{ key: string }>()
      const env = { PARASOL_URL: cli().url, PARASOL_TOKEN: key }
      const { code, stderr } = await cli().run(['apps', 'create', 'x', '--name', 'X'], { env })
      expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('(forbidden, request ') })
    })

    test('comes from a file, from stdin, from PARASOL_ADMIN_TOKEN, or from where a server on this machine keeps it', async () => {
      const { url, token } = cli()
      const file = fileOf(`${token}\n`, 'admin-token')
      const away = { PARASOL_URL: url }
      const list = ['apps', 'list']
      const outcomes = await Promise.all([
        cli().run([...list, '--token-file', file], { env: away }),
        cli().run([...list, '--token-file', '-'], { env: away, input: token }),
        cli().run(list, { env: { ...away, PARASOL_ADMIN_TOKEN: token } }),
        cli().run(list, { env: { ...away, PARASOL_DATA_DIR: join(file, '..') } }),
      ])
      expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0, 0])
    })

    test('that a file does not hold is told without showing what is there', async () => {
      const env = { PARASOL_URL: cli().url }
      const empty = await cli().run(['apps', 'list', '--token-file', fileOf('two words\n')], { env })
      expect(empty).toMatchObject({ code: 4, stderr: expect.stringContaining('does not hold a key') })
      expect(empty.stderr).not.toContain('two')
      const gone = await cli().run(['apps', 'list', '--token-file', '/nowhere'], { env })
      expect(gone).toMatchObject({
        code: 1,
        stderr: "parasol: The key can't be read from /nowhere (ENOENT).\n",
      })
    })

    test('and the config can not both come from stdin', async () => {
      const args = ['config', 'save', 'x', '1.0.0', '--token-file', '-']
      const { code, stderr } = await cli().run(args, { env: { PARASOL_URL: cli().url }, input: 'x' })
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: "parasol: --token-file and --file can't both be read from stdin: give one of them a file.\n",
      })
    })
  })
}
