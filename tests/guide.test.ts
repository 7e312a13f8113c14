import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { follow } from './follow-page.ts'

it('has a guide from one app to ten thousand whose commands all do what it says', async () => {
  const { program, stdout } = await follow('from-one-app-to-ten-thousand.md')
  expect(stdout).toContain('+ /data/opensAt: "07:00"')
  expect(stdout.match(/refused/g)?.length).toBeGreaterThanOrEqual(2)
  expect(existsSync(join(program.dataDir, 'walk/backup.ndjson'))).toBe(true)
  const stall = await fetch(`${program.url}/v1/api/config/stall-300`)
  expect(await stall.json()).toMatchObject({
    data: { api: 'https://api2.example.com', theme: { primary: '#8a4b08' }, stall: 300 },
  })
  await program.kill()
}, 180_000)

it('has a guide to targeting whose commands all do what it says', async () => {
  const { program, stdout } = await follow('target-a-release.md')
  const answers = stdout.split('\n').filter((line) => line.startsWith('{"appId":"cinema"'))
  const [first, bad, good, german, marathi] = answers.map((line) => JSON.parse(line))
  expect(first).toMatchObject({ overrides: [], varies: [], data: { greeting: 'Welcome' } })
  expect(bad).toMatchObject({
    overrides: ['scanner-crash-ios-2.3.0'],
    data: { features: { scanner: false } },
  })
  expect(good).toMatchObject({ overrides: [], data: { features: { scanner: true } } })
  expect(german).toMatchObject({ overrides: ['germany', 'welsh'], data: { greeting: 'Croeso' } })
  expect(marathi).toMatchObject({ overrides: ['marathi'], data: { greeting: 'स्वागत' } })
  expect(JSON.parse(answers.at(-1) ?? '').data.imprint).toBe('https://legal.example.com/impressum')
  expect(stdout.match(/refused, as it should be/g)).toHaveLength(2)
  await program.kill()
}, 180_000)
