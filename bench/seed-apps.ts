import { Client } from 'pg'

/** 0-based. */
export const seededAppId = (index: number): string => `app-${String(index + 1).padStart(7, '0')}`

/** The template that the first apps extend, where some do. */
export const seededTemplate = 'fleet-template'

export interface Seed {
  apps: number
  /** How many of them extend a template; the first ones. */
  extending?: number
  /** Keys of about 80 bytes in each document. */
  keys?: number
  onProgress?: (done: number) => void
}

const batch = 50_000

/** The template with two versions, the first one live. */
const templateStatements = [
  `insert into apps (app_id, kind, name) values ('${seededTemplate}', 'template', 'Fleet template')`,
  `insert into configs (app_id, version, document, checksum, created_by)
     select '${seededTemplate}', version,
       jsonb_build_object('configVersion', version, 'data', jsonb_build_object(
         'theme', jsonb_build_object('primary', color), 'legal', 'https://example.com/legal')),
       encode(sha256(convert_to(version, 'UTF8')), 'hex'), 'bench'
     from (values ('1.0.0', '#0a84ff'), ('1.0.1', '#ff375f')) v(version, color)`,
  `with made as (
     insert into releases (app_id, channel, version, kind, actor)
     values ('${seededTemplate}', 'stable', '1.0.0', 'publish', 'bench') returning app_id, channel, revision
   ) insert into channels (app_id, channel, revision) select app_id, channel, revision from made`,
]

/** One batch: every app has one version, live on stable since yesterday, so that no sweep finds them all. */
const appStatements = (from: number, to: number, { extending = 0, keys = 24 }: Seed): string[] => [
  `create temporary table seeded on commit drop as
     select 'app-' || lpad(g::text, 7, '0') as app_id, g <= ${extending} as extending,
       now() - interval '1 day' + g * interval '1 millisecond' as at
     from generate_series(${from}, ${to}) g`,
  `insert into apps (app_id, name, extends, labels, created_at, updated_at)
     select app_id, 'App ' || app_id, case when extending then '${seededTemplate}' end,
       jsonb_build_object('team', 'team-' || abs(hashtext(app_id)) % 1000), at, at from seeded`,
  `insert into configs (app_id, version, document, checksum, created_by, created_at, updated_at)
     select app_id, '1.0.0',
       jsonb_build_object('configVersion', '1.0.0', 'data', data || jsonb_build_object('app', app_id)),
       encode(sha256(convert_to(app_id, 'UTF8')), 'hex'), 'bench', at, at
     from seeded, (
       select jsonb_object_agg('setting_' || lpad(k::text, 2, '0'), md5(k::text) || md5('second half' || k)) as data
       from generate_series(1, ${keys}) k
     ) document`,
  // After the apps, so that the revisions are the higher ones, as they are when an operator does both.
  `with base as (select revision, version from releases where app_id = '${seededTemplate}' limit 1), made as (
     insert into releases (app_id, channel, version, base_revision, base_version, kind, actor, released_at)
     select app_id, 'stable', '1.0.0', case when extending then base.revision end,
       case when extending then base.version end, 'publish', 'bench', at
     from seeded left join base on extending order by app_id
     returning app_id, channel, revision, released_at
   ) insert into channels (app_id, channel, revision, updated_at)
     select app_id, channel, revision, released_at from made`,
]

/** Fills a database that has the schema, by SQL alone, because 100,000 apps through the API take minutes. */
export const seedApps = async (databaseUrl: string, seed: Seed): Promise<void> => {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    if (seed.extending) for (const statement of templateStatements) await client.query(statement)
    for (let from = 1; from <= seed.apps; from += batch) {
      const to = Math.min(from + batch - 1, seed.apps)
      await client.query('begin')
      for (const statement of appStatements(from, to, seed)) await client.query(statement)
      await client.query('commit')
      seed.onProgress?.(to)
    }
    await client.query('vacuum analyze')
  } finally {
    await client.end()
  }
}
