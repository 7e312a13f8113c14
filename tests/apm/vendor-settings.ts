import { readFileSync } from 'node:fs'

const page = readFileSync(new URL('../../docs/apm.md', import.meta.url), 'utf8')

/**
 * The settings that docs/apm.md gives for a vendor, as they stand there, but for two things: they lead to `receiver` instead of the vendor's hosts, and
 * what is sent at intervals is sent at once.
 */
export const settingsFor = (vendor: string, receiver: string): Record<string, string> => {
  const block = new RegExp(`<!-- test: ${vendor} -->\\n\`\`\`sh\\n([^\`]+)\`\`\``).exec(page)?.[1]
  if (!block) throw new Error(`docs/apm.md has no settings for ${vendor}`)
  const pairs = block
    .trim()
    .split('\n')
    .map((line) => line.split(/=(.*)/s, 2) as [string, string])
  const led = pairs.map(([name, value]) => [
    name,
    name.endsWith('_ENDPOINT') ? value.replace(/^https?:\/\/[^/]+/, `${receiver}/${vendor}`) : value,
  ])
  return {
    ...Object.fromEntries(led),
    OTEL_METRIC_EXPORT_INTERVAL: '200',
    OTEL_BSP_SCHEDULE_DELAY: '100',
    OTEL_BLRP_SCHEDULE_DELAY: '100',
  }
}
