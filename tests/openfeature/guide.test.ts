import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { bucketOf } from '../../contract/bucket-of.ts'
import { follow } from '../follow-page.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const guide = readFileSync(join(root, 'docs/openfeature.md'), 'utf8')
const snippets = [...guide.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code ?? '')

/** Runs a program as a developer would who copied it, with what a browser has. */
const run = async (code: string, url: string): Promise<string> => {
  const child = spawn(process.execPath, ['--experimental-eventsource', '--input-type=module'], {
    ...{ cwd: root, stdio: 'pipe' },
  })
  child.stdin.end(code.replaceAll('http://localhost:8080', url))
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  expect({ status, stderr, stdout }).toMatchObject({ status: 0 })
  return stdout
}

it('has a guide whose programs get what it says, in a page, on a server and in its process', async () => {
  const { program } = await follow('openfeature.md')
  const [inPage = '', onServer = '', inProcess = ''] = await Promise.all(
    snippets.map((code) => run(code, program.url)),
  )
  expect(inPage).toMatch(/primary: '#0a84ff'.*dark: true|dark: true.*primary: '#0a84ff'/)
  expect(inPage).toContain("flagKey: 'pageSize'")
  expect(inPage).toContain('Croeso')
  expect(onServer).toMatch(/^true$/m)
  const [search] = onServer.match(/variant: '\w+'/) ?? []
  expect(search).toBeDefined()
  expect(inProcess).toContain(search)
  expect(inProcess).toMatch(/variant: '(?:default|large-pages)'/)
  expect(guide).toContain(`(\`user-17\` is ${bucketOf('user-17')})`)
  await program.kill()
}, 180_000)
