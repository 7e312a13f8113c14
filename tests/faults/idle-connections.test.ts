import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { testEnvironment } from '../environment.ts'
import { gatewayAlone, startProgram } from '../program.ts'

/** In a campaign as many as the usual bound of open files leaves; among few, the steps in which the heap grows weigh more than they do. */
const many = testEnvironment.campaign ? 15_000 : 3_000
/** 6.2 KB on Node 26.10; what the process does beside weighs more among few. */
const mostBytes = testEnvironment.campaign ? 10_000 : 40_000

const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024

it('keeps idle connections for little memory, and answers on all of them', async () => {
  const program = await startProgram({
    env: gatewayAlone,
  })
  const { hostname, port } = new URL(program.url)
  const ask = (socket: Socket): Promise<string> => {
    const answered = new Promise<string>((resolve) => socket.once('data', (bytes) => resolve(String(bytes))))
    socket.write('GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n')
    return answered
  }
  const open = async (): Promise<Socket> => {
    const socket = connect(Number(port), hostname)
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    expect(await ask(socket)).toContain('HTTP/1.1 404')
    return socket
  }
  const openAll = async (count: number): Promise<Socket[]> => {
    const sockets: Socket[] = []
    while (sockets.length < count) {
      sockets.push(
        ...(await Promise.all(Array.from({ length: Math.min(100, count - sockets.length) }, open))),
      )
    }
    return sockets
  }
  const warm = await openAll(200)
  const before = residentBytes(program.pid)
  const sockets = await openAll(many)
  const each = (residentBytes(program.pid) - before) / many
  console.log(`${many} idle connections: ${Math.round(each)} bytes resident each`)
  expect(each).toBeLessThan(mostBytes)
  for (let at = 0; at < many; at += 100) {
    const answers = await Promise.all(sockets.slice(at, at + 100).map(ask))
    for (const answer of answers) expect(answer).toContain('HTTP/1.1 404')
  }
  for (const socket of [...warm, ...sockets]) socket.destroy()
  expect(await program.stop()).toBe(0)
})
