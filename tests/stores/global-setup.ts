import { userInfo } from 'node:os'
import type { TestProject } from 'vitest/node'
import { testEnvironment } from '../environment.ts'
import { askPostgres, askRedis } from './ask.ts'
import { findBinary } from './binaries.ts'
import { databaseName, dropAbandonedDatabases, dropDatabase } from './database.ts'
import { startPostgres } from './own-postgres.ts'
import { startRedis } from './own-redis.ts'
import { freshFolder, type OwnServer, removeFolder } from './own-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A PostgreSQL on which the tests may create databases; use it through database.ts. */
    postgresUrl: string
    /** The name of the database with the schema on it that is kept for copies; use it through database.ts. */
    postgresTemplate: string
    /** A Redis whose logical databases the tests may use; use it through redis.ts. */
    redisUrl: string
    /** Where an embedded cluster is kept for copies; use it through embedded-cluster.ts. */
    clusterHome: string
  }
}

interface Kind {
  title: 'PostgreSQL' | 'Redis'
  variable: 'TEST_DATABASE_URL' | 'TEST_REDIS_URL'
  standard: string[]
  /** The version of a server that fits; throws one line that says why it does not. */
  probe(url: string): Promise<string>
  start(): Promise<OwnServer>
}

const oneLine = (error: unknown): string => {
  const causes = error instanceof AggregateError ? error.errors : [error]
  return (
    causes
      .map((cause) => (cause instanceof Error ? cause.message : String(cause)))
      .join(', ')
      .split('\n')[0] ?? ''
  )
}

const probePostgres = async (url: string): Promise<string> => {
  const [row] = await askPostgres(
    url,
    `select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
       (select rolsuper or rolcreatedb from pg_roles where rolname = current_user) as may_create`,
  )
  if (Number(row?.number) < 150_000) throw new Error(`it is ${row?.version}, the tests need 15 or newer`)
  if (row?.may_create !== true) throw new Error('its user may not create databases')
  return String(row.version).split(' ')[0] ?? ''
}

const probeRedis = async (url: string): Promise<string> => {
  const [pong, info] = await askRedis(url, [['PING'], ['INFO']])
  if (pong !== 'PONG') throw new Error(`it answered PING with ${pong}`)
  const version = /^redis_version:(\S+)/m.exec(String(info))?.[1] ?? '0'
  if (Number.parseInt(version, 10) < 7) throw new Error(`it is ${version}, the tests need 7 or newer`)
  if (/^cluster_enabled:1/m.test(String(info)))
    throw new Error('it is a cluster, which has one logical database')
  return version
}

const postgres: Kind = {
  title: 'PostgreSQL',
  variable: 'TEST_DATABASE_URL',
  standard: ['postgres', userInfo().username].flatMap((user) =>
    ['postgres', 'test'].map((database) => `postgres://${user}@127.0.0.1:5432/${database}`),
  ),
  probe: probePostgres,
  start: startPostgres,
}

const redis: Kind = {
  title: 'Redis',
  variable: 'TEST_REDIS_URL',
  standard: ['redis://127.0.0.1:6379'],
  probe: probeRedis,
  start: startRedis,
}

interface Found {
  url: string
  line: string
  own?: OwnServer
}

const findStandard = async (kind: Kind): Promise<Found | { why: string }> => {
  if (testEnvironment.ownServers) return { why: 'TEST_OWN_SERVERS=1' }
  let why = ''
  for (const url of kind.standard) {
    try {
      const version = await kind.probe(url)
      return { url, line: `${version} on the standard port (${kind.variable} is not set)` }
    } catch (error) {
      why = `nothing usable on the standard port: ${oneLine(error)}`
    }
  }
  return { why }
}

const find = async (kind: Kind): Promise<Found> => {
  const named = testEnvironment.named[kind.variable]
  if (named !== '') {
    // A server that was named and does not fit is an error: a quiet change to another one would prove the wrong thing.
    const version = await kind.probe(named).catch((error) => {
      throw new Error(`the ${kind.title} of ${kind.variable} can not be used: ${oneLine(error)}`)
    })
    return { url: named, line: `${version} of ${kind.variable}` }
  }
  const standard = await findStandard(kind)
  if ('url' in standard) return standard
  const own = await kind.start().catch((error: Error) => {
    throw new Error(`${error.message}, or name a server in ${kind.variable}`)
  })
  return { url: own.url, line: `${await kind.probe(own.url)} started for this run (${standard.why})`, own }
}

/**
 * The fault tests start servers of their own in any case. Installed here, no two test processes install at once; where that
 * is not possible, those tests fail and the others still tell something.
 */
const checkBinaries = (): void => {
  for (const kind of ['postgres', 'redis'] as const) {
    try {
      findBinary(kind)
    } catch (error) {
      console.error(`tests: the tests of faults will fail: ${oneLine(error)}`)
    }
  }
}

/** Finds or starts the real PostgreSQL and Redis of the suite, says which, and gives their URLs to the tests. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const own: OwnServer[] = []
  const template = databaseName()
  project.provide('postgresTemplate', template)
  let dropTemplate = async (): Promise<void> => {}
  try {
    for (const kind of [postgres, redis]) {
      const found = await find(kind)
      if (found.own !== undefined) own.push(found.own)
      console.log(`tests: ${kind.title} ${found.line}`)
      if (kind === postgres) {
        await dropAbandonedDatabases(found.url)
        dropTemplate = () => dropDatabase(found.url, template)
      }
      project.provide(kind === postgres ? 'postgresUrl' : 'redisUrl', found.url)
    }
  } catch (error) {
    console.error(`tests: ${error instanceof Error ? error.message : error}`)
    process.exit(1)
  }
  checkBinaries()
  const clusterHome = freshFolder('cluster')
  project.provide('clusterHome', clusterHome)
  return async () => {
    removeFolder(clusterHome)
    await dropTemplate()
    for (const server of own) await server.remove()
  }
}
