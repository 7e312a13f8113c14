import { memoryUsage } from 'node:process'
import type { Meters } from './meters.ts'

/** What the process takes of its machine, by the names of the semantic conventions. */
export const observeProcess = ({ observe }: Meters): void => {
  observe(
    {
      name: 'process.cpu.time',
      kind: 'counter',
      unit: 's',
      description: 'Time of processors that the process has taken, threads and all.',
    },
    () => {
      const { user, system } = process.cpuUsage()
      return [
        { attributes: { 'cpu.mode': 'user' }, value: user / 1e6 },
        { attributes: { 'cpu.mode': 'system' }, value: system / 1e6 },
      ]
    },
  )
  observe(
    {
      name: 'process.memory.usage',
      kind: 'updown',
      unit: 'By',
      description: 'Physical memory that the process holds.',
    },
    () => memoryUsage.rss(),
  )
  observe(
    { name: 'process.uptime', kind: 'gauge', unit: 's', description: 'Time since the process started.' },
    () => process.uptime(),
  )
  observe(
    {
      name: 'nodejs.eventloop.time',
      kind: 'counter',
      unit: 's',
      description: 'Time of the event loop, working and waiting; near all active means that requests wait.',
    },
    () => {
      const { active, idle } = performance.eventLoopUtilization()
      // Not every runtime keeps it.
      if (active + idle === 0) return undefined
      return [
        { attributes: { 'nodejs.eventloop.state': 'active' }, value: active / 1_000 },
        { attributes: { 'nodejs.eventloop.state': 'idle' }, value: idle / 1_000 },
      ]
    },
  )
}
