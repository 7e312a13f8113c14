import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { askPostgres } from '../../tests/stores/ask.ts'
import { freshDatabase } from '../../tests/stores/database.ts'
import { freshDataDir } from '../../tests/stores/embedded-cluster.ts'
import { removeFolder } from '../../tests/stores/own-server.ts'

const script = fileURLToPath(new URL('parasol.js', import.meta.url))
const database = await freshDatabase()
const dataDir = await freshDataDir()
afterAll(async () => {
  await database.drop()
  removeFolder(dataDir)
})

const migrate = (env: Record<string, string>) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, 'migrate'], {
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

const migrateInBackground = (env: Record<string, string>): Promise<number | null> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, 'migrate'], { env, stdio: 'ignore' })
    child.once('error', reject).once('exit', resolve)
  })

test('makes the schema of an embedded database, and the second time has nothing to do', () => {
  const env = { PARASOL_DATA_DIR: dataDir }
  const first = migrate(env)
  expect(first).toMatchObject({ status: 0, stderr: '' })
  expect(first.stdout).toMatch(/^Migrating the embedded database in .+\n.*0001-initial\.sql\n/)
  expect(first.stdout).toMatch(/the schema is at version \d+\.\n$/)
  expect(migrate(env).stdout).toMatch(/\nNothing to do; the schema is at version \d+\.\n$/)
})

test('two at once on a real PostgreSQL both end well, and say nothing of the password', async () => {
  const env = { DATABASE_URL: database.url }
  expect(await Promise.all([migrateInBackground(env), migrateInBackground(env)])).toEqual([0, 0])
  const { stdout } = migrate(env)
  expect(stdout).toContain(`${new URL(database.url).pathname}\nNothing to do; the schema is at version `)
  const { password } = new URL(database.url)
  if (password) expect(stdout).not.toContain(password)
})

test('refuses a schema from a newer program in one clear line', async () => {
  await askPostgres(
    database.url,
    "insert into schema_migrations (version, name, checksum) values (9999, '9999-future.sql', 'x')",
  )
  const { status, stderr } = migrate({ DATABASE_URL: database.url })
  expect(status).toBe(1)
  expect(stderr).toMatch(/^parasol: The database has schema version 9999 and this program knows \d+: .+\n$/)
})

test('tells that nothing answers, without the password', () => {
  const { status, stderr } = migrate({ DATABASE_URL: 'postgres://ann:hush@127.0.0.1:1/parasol' })
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /^parasol: The database does not answer \(.+\)\. Start it, or correct DATABASE_URL\.\n$/,
  )
  expect(stderr).not.toContain('hush')
})
