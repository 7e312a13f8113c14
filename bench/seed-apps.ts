import { Client } from 'pg'

/** 0-based. */
export const seededAppId = (index: number): string => `app-${String(index + 1).padStart(7, '0')}`

/** Every app has one version of about 2 KB, live on stable since yesterday, so that no sweep finds them all. */
const statements = (apps: number): string[] => [
  `create temporary table seeded as
     select 'app-' || lpad(g::text, 7, '0') as app_id, now() - interval '1 day' + g * interval '1 millisecond' as at
     from generate_series(1, ${apps}) g`,
  `create temporary table template as
     select jsonb_object_agg('setting_' || lpad(k::text, 2, '0'), md5(k::text) || md5('second half' || k)) as data
     from generate_series(1, 24) k`,
  `insert into apps (app_id, name, created_at, updated_at) select app_id, app_id, at, at from seeded`,
  `insert into configs (app_id, version, document, checksum, created_by, created_at, updated_at)
     select app_id, '1.0.0',
       jsonb_build_object(
         'configVersion', '1.0.0', 'minimumAppVersion', null, 'deprecationDate', null,
         'data', data || jsonb_build_object('app', app_id)
       ),
       encode(sha256(convert_to(app_id, 'UTF8')), 'hex'), 'bench', at, at
     from seeded, template`,
  // After the apps, so that the revisions are the higher ones, as they are when an operator does both.
  `insert into releases (app_id, channel, version, kind, actor, released_at)
     select app_id, 'stable', '1.0.0', 'publish', 'bench', at from seeded order by app_id`,
  'analyze apps, configs, releases',
]

/** Fills a database that has the schema, by SQL alone, because 100,000 apps through the API take minutes. */
export const seedApps = async (databaseUrl: string, apps: number): Promise<void> => {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    for (const statement of statements(apps)) await client.query(statement)
  } finally {
    await client.end()
  }
}
