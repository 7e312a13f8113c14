create table limits (
  -- A policy, as burst, or an exception to it, as burst.partner, which has null where it is as its policy.
  name text collate "C" primary key
    check (name ~ '^[a-z][a-z0-9-]{0,39}(\.[a-z][a-z0-9-]{0,39})?$'),
  policy text collate "C" not null generated always as (split_part(name, '.', 1)) stored references limits (name),
  per text check (per in ('key', 'app', 'ip', 'route')),
  route_class text,
  app_ids text[],
  key_ids text[],
  quota int not null check (quota between 1 and 1000000000),
  window_seconds int not null check (window_seconds between 1 and 2678400),
  -- A number, or numbers by method.
  cost jsonb,
  mode text check (mode in ('shared', 'exact', 'process')),
  is_enabled boolean not null default true,
  note text,
  revision bigint not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  check (num_nulls(per, route_class, cost, mode) = case when name = policy then 0 else 4 end),
  check (name = policy or num_nonnulls(app_ids, key_ids) = 1)
);

-- The state of all of them together. Whoever changes one draws it first, so it grows in the order of the commits.
create table limits_state (
  singleton boolean primary key default true check (singleton),
  revision bigint not null
);
insert into limits_state (revision) values (nextval('revisions'));

-- What a program gone wild meets in one gateway, and thousands of devices behind one address of a carrier do not.
insert into limits (name, per, route_class, quota, window_seconds, cost, mode, note, revision)
  select name, 'ip', route_class, quota, window_seconds, '1', 'process', note, revision
  from limits_state, (values
    ('burst', 'any', 10000, 10, 'Made at the first start: nobody takes a gateway to himself. Change it as you like.'),
    ('management', 'management', 6000, 60, 'Made at the first start: keys are not guessed at by the million. Change it as you like.')
  ) made (name, route_class, quota, window_seconds, note);

-- Gateways ask for keys by their hashes alone.
create index idx_api_keys_hash on api_keys (hash);
create index idx_api_keys_previous_hash on api_keys (previous_hash) where previous_hash is not null;
