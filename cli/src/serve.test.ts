import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { freshDataDir } from '../../tests/stores/embedded-cluster.ts'
import { removeFolder } from '../../tests/stores/own-server.ts'

const script = fileURLToPath(new URL('parasol.js', import.meta.url))
const dataDir = await freshDataDir()
afterAll(() => removeFolder(dataDir))

/** Runs `parasol serve` to its end; `onOutput` is called with all it wrote so far, and the child. */
const serve = (
  env: Record<string, string>,
  onOutput: (output: string, stop: () => void) => void = () => {},
): Promise<{ status: number | null; output: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, 'serve'], {
      env: {
        PARASOL_DATA_DIR: dataDir,
        PARASOL_HOST: '127.0.0.1',
        PARASOL_EXAMPLES: 'off',
        ...env,
      },
    })
    let output = ''
    const hear = (chunk: Buffer) => {
      output += chunk
      onOutput(output, () => child.kill('SIGTERM'))
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject).once('close', (status) => resolve({ status, output }))
  })

test('serves until SIGTERM, and ends with exit code 0', async () => {
  const { status, output } = await serve({ PARASOL_PORT: '0' }, (soFar, stop) => {
    if (soFar.includes('"msg":"listening"')) stop()
  })
  expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining('"msg":"listening"') })
})

test('a taken port is told in one line, with exit code 1', async () => {
  const other = createServer()
  const port = await new Promise<number>((resolve) => {
    other.listen(0, '127.0.0.1', () => {
      const address = other.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  const { status, output } = await serve({ PARASOL_PORT: String(port) })
  other.close()
  expect(status).toBe(1)
  expect(output).toContain(`parasol: Port ${port} is taken. Stop the program that listens there`)
  expect(output).not.toContain('    at ')
})
