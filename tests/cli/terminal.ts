import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { testEnvironment } from '../environment.ts'
import { type Cli, fileOf } from './run.ts'

const parasol = fileURLToPath(new URL('../../cli/src/parasol.js', import.meta.url))
/** util-linux has a command that gives another one a terminal. */
const hasTerminal = /util-linux/.test(spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '')

/** What a terminal of 60 columns shows, when this is answered to the question. */
const onTerminal = (cli: Cli, args: readonly string[], answer: string, env: Record<string, string> = {}) =>
  new Promise<{ code: number | null; screen: string }>((resolve, reject) => {
    const command = ['stty cols 60 &&', process.execPath, parasol, ...args].join(' ')
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: {
        PATH: testEnvironment.path,
        PARASOL_URL: cli.url,
        PARASOL_TOKEN: cli.token,
        TERM: 'xterm',
        ...env,
      },
    })
    let screen = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (!screen.includes('(yes or no)') && (screen + text).includes('(yes or no)'))
        child.stdin.write(`${answer}\n`)
      screen += text
    })
    child.once('error', reject).once('close', (code) => resolve({ code, screen }))
  })

/** What is different where somebody watches. */
export const terminal = (cli: () => Cli): void => {
  const folder = fileOf({ app: { appId: 't.shop', name: 'A name that is longer than its column' } }).replace(
    /[^/]+$/,
    '',
  )

  test.skipIf(!hasTerminal)(
    'apply shows the plan and asks; no does nothing, yes does it with a bar',
    async () => {
      const no = await onTerminal(cli(), ['apply', folder], 'no')
      expect(no.screen).toMatch(/app {5}t\.shop\r\nPlan: 1 to create[\s\S]+parasol: Nothing was done\.\r\n$/)
      expect(no.code).toBe(1)
      const yes = await onTerminal(cli(), ['apply', folder], 'yes')
      expect(yes.screen).toMatch(/\[#{30}] 1 of 1 lines[\s\S]+Done: 1 created, /)
      expect(yes.code).toBe(0)
    },
  )

  test.skipIf(!hasTerminal)(
    'tables fit, with colours unless NO_COLOR says that none are wanted',
    async () => {
      const args = ['apps', 'list', '--search', 't.shop']
      const coloured = await onTerminal(cli(), args, '')
      expect(coloured.screen).toContain('\u001b[1mAPP')
      const plain = await onTerminal(cli(), args, '', { NO_COLOR: '1' })
      expect(plain.screen).toMatch(/^APP +NAME +KIND/m)
      for (const line of plain.screen.split('\r\n')) expect(line.length).toBeLessThanOrEqual(60)
    },
  )
}
