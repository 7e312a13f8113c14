import { describeSettings, dumpSettings, environment } from '../../server/src/settings.ts'
import { defineCommand, exitCodes } from './command.ts'

const described = (): string =>
  describeSettings()
    .map((row) => `${row.name}${row.default && `=${row.default}`}\n    ${row.doc} (${row.type})`)
    .join('\n')

const dumped = (): string => {
  const lines = dumpSettings(environment()).map((row) => [`${row.name}=${row.value}`, row.origin] as const)
  const width = Math.max(...lines.map(([line]) => line.length))
  return lines.map(([line, origin]) => `${line.padEnd(width)}  ${origin}`).join('\n')
}

export const command = defineCommand({
  summary: 'List all settings, or check and print those in force here.',
  options: {
    dump: {
      type: 'boolean',
      doc: 'what is in force in this environment, and where from; secrets are masked',
    },
    json: { type: 'boolean', doc: 'as JSON' },
  },
  examples: ['parasol settings', 'parasol settings --dump --json'],
  run: async ({ dump, json }) => {
    if (json) console.log(JSON.stringify(dump ? dumpSettings(environment()) : describeSettings(), null, 2))
    else console.log(dump ? dumped() : described())
    return exitCodes.done
  },
})
