import { parseArgs } from 'node:util'
import { number, progress } from './report.ts'
import { seedApps } from './seed-apps.ts'

const help = `npm run seed -- [--apps 1000000] [--extending 10000] [--keys 6]

Fills the PostgreSQL of DATABASE_URL with a fleet to try Parasol at scale: apps with one live version each, some of which
extend a template. The schema must be there (npm run migrate), and the database should hold nothing else.`

const { values } = parseArgs({
  options: {
    apps: { type: 'string', default: '1000000' },
    extending: { type: 'string', default: '10000' },
    keys: { type: 'string', default: '6' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const databaseUrl = process.env.DATABASE_URL
if (values.help) console.log(help)
else if (!databaseUrl) {
  console.error('seed: set DATABASE_URL to the PostgreSQL database to fill')
  process.exitCode = 2
} else {
  const startedAt = performance.now()
  const seconds = (): string => number((performance.now() - startedAt) / 1_000)
  await seedApps(databaseUrl, {
    apps: Number(values.apps),
    extending: Number(values.extending),
    keys: Number(values.keys),
    onProgress: (done) => progress(`${number(done)} of ${number(Number(values.apps))} apps, ${seconds()} s`),
  })
  progress(`seeded in ${seconds()} s`)
}
