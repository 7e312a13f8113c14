import { parseArgs } from 'node:util'
import { describeSettings, dumpSettings, environment } from '../../server/src/settings.ts'
import type { Command } from './command.ts'

const described = (): string =>
  describeSettings()
    .map((row) => `${row.name}${row.default && `=${row.default}`}\n    ${row.doc} (${row.type})`)
    .join('\n')

const dumped = (): string => {
  const lines = dumpSettings(environment()).map((row) => [`${row.name}=${row.value}`, row.origin] as const)
  const width = Math.max(...lines.map(([line]) => line.length))
  return lines.map(([line, origin]) => `${line.padEnd(width)}  ${origin}`).join('\n')
}

export const command: Command = {
  usage: 'settings [--dump] [--json]',
  summary: 'List all settings, or check and print those in force here.',
  details:
    '  --dump  what is in force in this environment, and where from; secrets are masked\n  --json  as JSON',
  run: async (args) => {
    const { values } = parseArgs({ args, options: { dump: { type: 'boolean' }, json: { type: 'boolean' } } })
    if (values.json) {
      const rows = values.dump ? dumpSettings(environment()) : describeSettings()
      console.log(JSON.stringify(rows, null, 2))
    } else console.log(values.dump ? dumped() : described())
    return 0
  },
}
