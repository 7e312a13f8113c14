/** Waits until the time given, takes the lock of a data folder, prints whether it got it, and holds it until its input ends. */
import { setTimeout as sleep } from 'node:timers/promises'
import { lockData } from './data-lock.ts'

const [, , dataDir = '', at = '0'] = process.argv
await sleep(Math.max(0, Number(at) - Date.now()))
try {
  const lock = await lockData(dataDir)
  process.stdout.write('held\n')
  process.stdin.resume().once('end', () => void lock.release())
} catch (error) {
  process.stdout.write(`${error}\n`)
}
