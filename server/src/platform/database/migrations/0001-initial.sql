-- One growing number for releases and for the states of apps, so that caches compare one thing only.
create sequence revisions as bigint;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only: % is refused', coalesce(tg_argv[0], tg_table_name), lower(tg_op)
    using errcode = 'restrict_violation';
end
$$;

create table apps (
  app_id text collate "C" primary key check (app_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
  kind text not null default 'app' check (kind in ('app', 'template')),
  name text not null,
  extends text collate "C" references apps (app_id),
  access text not null default 'public' check (access in ('public', 'key')),
  labels jsonb not null default '{}',
  schema jsonb,
  attributes jsonb,
  -- The state of this row, drawn anew by the application at each change of it.
  revision bigint not null default nextval('revisions'),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  archived_at timestamptz
);
create index idx_apps_extends on apps (extends) where extends is not null;

create table configs (
  app_id text collate "C" not null references apps (app_id),
  version text collate "C" not null,
  document jsonb not null,
  checksum text not null,
  note text,
  created_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  -- The last time a release or an archive concerned this version: what the sweep looks for.
  updated_at timestamptz not null default clock_timestamp(),
  primary key (app_id, version)
) partition by hash (app_id);
create table configs_partition_1 partition of configs for values with (modulus 4, remainder 0);
create table configs_partition_2 partition of configs for values with (modulus 4, remainder 1);
create table configs_partition_3 partition of configs for values with (modulus 4, remainder 2);
create table configs_partition_4 partition of configs for values with (modulus 4, remainder 3);

-- The primary key covers the first two; they are here because their names are promised.
create index idx_config_app_id on configs (app_id);
create index idx_config_version on configs (app_id, version);
create index idx_config_updated on configs (updated_at);

-- Every column but updated_at: a document never changes under its version.
create trigger configs_are_immutable
  before delete or update of app_id, version, document, checksum, note, created_by, created_at on configs
  for each row execute function refuse_change('configs');
-- Truncation asks the triggers of each partition by itself.
create trigger configs_are_kept before truncate on configs
  for each statement execute function refuse_change('configs');
create trigger configs_are_kept before truncate on configs_partition_1
  for each statement execute function refuse_change('configs');
create trigger configs_are_kept before truncate on configs_partition_2
  for each statement execute function refuse_change('configs');
create trigger configs_are_kept before truncate on configs_partition_3
  for each statement execute function refuse_change('configs');
create trigger configs_are_kept before truncate on configs_partition_4
  for each statement execute function refuse_change('configs');

create table releases (
  revision bigint primary key default nextval('revisions'),
  app_id text collate "C" not null,
  channel text collate "C" not null default 'stable',
  version text collate "C" not null,
  base_version text collate "C",
  kind text not null check (kind in ('publish', 'rollback', 'rollout', 'template')),
  rollout jsonb,
  actor text not null,
  reason text,
  released_at timestamptz not null default clock_timestamp(),
  foreign key (app_id, version) references configs (app_id, version)
);
create index idx_releases_app_channel on releases (app_id, channel, revision desc);
create trigger releases_are_append_only before update or delete or truncate on releases
  for each statement execute function refuse_change('releases');

create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  action text not null,
  -- No reference: the log outlives what it tells of.
  app_id text collate "C",
  target text,
  before jsonb,
  after jsonb,
  reason text,
  request_id text,
  previous_hash bytea,
  hash bytea not null
);
create index idx_audit_log_app on audit_log (app_id, id desc);

-- Everything of the row but its hash. The epoch and the texts do not depend on a session's settings.
create function audit_log_hash(entry audit_log) returns bytea language sql stable as $$
  select sha256(
    coalesce(entry.previous_hash, ''::bytea) || convert_to(
      jsonb_build_array(
        entry.id, extract(epoch from entry.at)::text, entry.actor, entry.action, entry.app_id, entry.target,
        entry.before::text, entry.after::text, entry.reason, entry.request_id
      )::text,
      'UTF8'
    )
  )
$$;

-- Identity would number rows before they wait for their turn, so the number is given here, under the lock.
create function audit_log_chain() returns trigger language plpgsql as $$
declare
  last record;
begin
  -- An older snapshot would not see the row before this one, and the chain would fork.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'audit_log is written in read committed transactions only'
      using errcode = 'invalid_transaction_state';
  end if;
  perform pg_advisory_xact_lock(hashtext('parasol audit_log'), 0);
  select id, hash into last from audit_log order by id desc limit 1;
  new.id := coalesce(last.id, 0) + 1;
  new.at := clock_timestamp();
  new.previous_hash := last.hash;
  new.hash := audit_log_hash(new);
  return new;
end
$$;
create trigger audit_log_is_chained before insert on audit_log
  for each row execute function audit_log_chain();
create trigger audit_log_is_append_only before update or delete or truncate on audit_log
  for each statement execute function refuse_change('audit_log');

-- The id of the first row that was changed, or whose forerunner was removed; null while the chain holds.
create function audit_log_broken_at() returns bigint language sql stable as $$
  select min(id) from (
    select entry.id, entry.hash, entry.previous_hash, audit_log_hash(entry) as expected_hash,
      lag(entry.hash) over (order by entry.id) as expected_previous_hash
    from audit_log entry
  ) entries
  where hash <> expected_hash or previous_hash is distinct from expected_previous_hash
$$;

-- Changes that caches and other nodes may not have heard of yet.
create table outbox (
  id bigint generated always as identity primary key,
  app_id text collate "C" not null,
  channel text collate "C" not null,
  sequence bigint not null,
  created_at timestamptz not null default clock_timestamp()
);

-- Answers to POSTs that may be sent again; without a status the first one is still under way.
create table idempotency_keys (
  actor text not null,
  key text not null,
  fingerprint text not null,
  status int,
  headers jsonb,
  body text,
  created_at timestamptz not null default now(),
  primary key (actor, key)
);
create index idx_idempotency_keys_created on idempotency_keys (created_at);
