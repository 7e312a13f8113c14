import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { DataInUse, lockData } from './data-lock.ts'
import { findProcess } from './process-identity.ts'

const fixture = fileURLToPath(new URL('./hold-data.fixture.ts', import.meta.url))
const timing = { beatMs: 40, silenceMs: 200 }

let dataDir: string
let file: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'parasol-lock-'))
  file = join(dataDir, 'parasol.lock')
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
})

const holder = () => JSON.parse(readFileSync(file, 'utf8'))
const leave = (changes: object) => writeFileSync(file, JSON.stringify({ ...holder(), id: 'old', ...changes }))
/** Leaves the lock of a process that died, as this one would have written it. */
const leaveLock = async (changes: object) => {
  const lock = await lockData(dataDir, timing)
  const text = readFileSync(file, 'utf8')
  await lock.release()
  writeFileSync(file, text)
  leave(changes)
}

const startHolder = async (at = 0): Promise<{ child: ChildProcess; line: string }> => {
  const child = spawn(process.execPath, [fixture, dataDir, String(at)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { child, line }
}
const deadPid = async (): Promise<number> => {
  const child = spawn('true')
  await once(child, 'exit')
  return child.pid ?? 0
}

describe('the lock of a data folder', () => {
  test('says who holds it, and is gone after release', async () => {
    const lock = await lockData(dataDir, timing)
    expect(holder()).toMatchObject({
      pid: process.pid,
      hostname: expect.any(String),
      started: expect.any(String),
    })
    await lock.release()
    expect(readdirSync(dataDir)).toEqual([])
    await (await lockData(dataDir, timing)).release()
  })

  test('is refused to this process a second time', async () => {
    const lock = await lockData(dataDir, timing)
    await expect(lockData(dataDir, timing)).rejects.toThrow(/this very process uses this data/)
    await lock.release()
  })

  test('is refused while another process lives, with who it is and what to do', async () => {
    const { child, line } = await startHolder()
    expect(line).toBe('held')
    const refusal = lockData(dataDir, timing)
    await expect(refusal).rejects.toBeInstanceOf(DataInUse)
    await expect(refusal).rejects.toThrow(
      new RegExp(
        `process ${child.pid} on .* since .* uses this data\\. Stop it, or set PARASOL_DATA_DIR .*DATABASE_URL`,
      ),
    )
    child.stdin?.end()
    await once(child, 'exit')
    await (await lockData(dataDir, timing)).release()
  })

  test('is taken from a process that was killed', async () => {
    const { child } = await startHolder()
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = await lockData(dataDir, timing)
    expect(holder().pid).toBe(process.pid)
    expect(readdirSync(dataDir)).toEqual(['parasol.lock'])
    await lock.release()
  })

  test('is taken when the pid belongs to another process by now, even to this one', async () => {
    await leaveLock({ pid: process.pid, started: '1' })
    await (await lockData(dataDir, timing)).release()
    await leaveLock({ pid: process.ppid, started: '1' })
    await (await lockData(dataDir, timing)).release()
  })

  test('is refused when pid and start are those of a living process', async () => {
    const parent = findProcess(process.ppid)
    await leaveLock({ pid: process.ppid, started: parent.runs ? parent.started : '' })
    await expect(lockData(dataDir, timing)).rejects.toBeInstanceOf(DataInUse)
  })

  test('of another container is refused while it shows that it lives', async () => {
    await leaveLock({ space: 'another container', hostname: 'box' })
    const beats = setInterval(() => utimesSync(file, new Date(), new Date()), timing.beatMs)
    onTestFinished(() => clearInterval(beats))
    await expect(lockData(dataDir, timing)).rejects.toThrow(/on box since/)
  })

  test('of another container is taken when it has been silent', async () => {
    await leaveLock({ space: 'another container', pid: process.pid })
    await (await lockData(dataDir, timing)).release()
  })

  test('that its maker died at writing is taken', async () => {
    writeFileSync(file, '')
    await (await lockData(dataDir, timing)).release()
  })

  test('shows that its holder lives', async () => {
    const lock = await lockData(dataDir, timing)
    leave({ space: 'another container', id: holder().id })
    const text = readFileSync(file, 'utf8')
    rmSync(file)
    await expect.poll(() => readdirSync(dataDir)).toEqual(['parasol.lock'])
    expect(readFileSync(file, 'utf8')).not.toBe(text)
    await lock.release()
  })

  test('tells its holder when somebody else has it', async () => {
    const lock = await lockData(dataDir, timing)
    leave({})
    await expect(lock.lost).resolves.toMatchObject({
      message: expect.stringContaining('was taken by another'),
    })
    await lock.release()
    expect(holder().id).toBe('old')
  })
})

describe('two who take over a dead lock at once', () => {
  test('in this process: one wins', async () => {
    await leaveLock({ pid: await deadPid() })
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => lockData(dataDir, timing)))
    const won = answers.filter((answer) => answer.status === 'fulfilled')
    expect(won).toHaveLength(1)
    expect(readdirSync(dataDir)).toEqual(['parasol.lock'])
    for (const answer of won) await answer.value.release()
  })

  test('in processes of their own: one wins, also over a taker that died at it', async () => {
    const pid = await deadPid()
    await leaveLock({ pid })
    writeFileSync(`${file}.takeover`, readFileSync(file))
    const at = Date.now() + 1_500
    const takers = await Promise.all(Array.from({ length: 6 }, () => startHolder(at)))
    expect(takers.filter(({ line }) => line === 'held')).toHaveLength(1)
    expect(takers.filter(({ line }) => line.startsWith('DataInUse'))).toHaveLength(5)
    expect(readdirSync(dataDir)).toEqual(['parasol.lock'])
  })
})
