-- Who may change an app: another person must approve its releases where this is set, here or in a template above.
alter table apps add column requires_approval boolean not null default false;
alter table apps add constraint apps_extend_others check (extends <> app_id);
drop index idx_apps_extends;
create index idx_apps_extends on apps (extends, app_id) where extends is not null;
-- A search reads these in their order, so a page of it costs the same however many fit.
create index idx_apps_app_id_prefix on apps (lower(app_id), app_id);
create index idx_apps_name on apps (lower(name) collate "C", app_id);
-- Tells at once that no app has one, which every release asks.
create index idx_apps_schema on apps (app_id) where schema is not null;
create index idx_apps_labels on apps using gin (labels jsonb_path_ops);
-- With fewer samples planners take a rare label for a frequent one, and go through all apps for it.
alter table apps alter column labels set statistics 1000;
create index idx_apps_templates on apps (app_id, extends) where kind = 'template';
create index idx_apps_archived on apps (app_id) where archived_at is not null;

-- A staged rollout: one for every channel it drives, which may be one app's or those of a whole fleet.
create table rollouts (
  rollout_id bigint primary key default nextval('revisions'),
  state text not null default 'running'
    check (state in ('running', 'paused', 'baking', 'completed', 'aborted', 'rolled_back')),
  -- {growth, growthFactorPercent, durationSeconds, bakeSeconds}
  plan jsonb not null,
  -- Of the devices; they are in it by their bucket, in an order of this rollout's own.
  percent numeric(5, 2) not null default 0 check (percent between 0 and 100),
  step int not null default 0,
  next_step_at timestamptz,
  -- When a job looks at it next: at a step, and in between to ask the guard. Null while it is paused and after its end.
  next_look_at timestamptz,
  -- Why it stands where it stands: the guard's last word, or a person's.
  reason text,
  -- What it was started with; null where that is a release of the fleet.
  app_id text collate "C" references apps,
  channel text collate "C",
  revision bigint,
  -- How many apps it brings a release to.
  apps int not null default 0,
  actor text not null,
  started_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz
);
create index idx_rollouts_due on rollouts (next_look_at) where next_look_at is not null;
create index idx_rollouts_open on rollouts (rollout_id) where ended_at is null;

-- What was said of a rollout from outside: the newest word of each source counts.
create table rollout_signals (
  signal_id bigint generated always as identity primary key,
  rollout_id bigint not null references rollouts,
  source text not null,
  decision text not null check (decision in ('go', 'hold', 'rollback')),
  reason text,
  actor text not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz
);
create index idx_rollout_signals on rollout_signals (rollout_id, source, signal_id desc);

-- One release over many apps, so that it can be shown and taken back as one.
create table fleet_releases (
  fleet_release_id bigint primary key default nextval('revisions'),
  -- What was asked: {select, release}, as it was sent.
  request jsonb not null,
  -- The fleet release that this one takes back.
  rolls_back bigint references fleet_releases,
  apps int not null,
  actor text not null,
  reason text,
  created_at timestamptz not null default clock_timestamp()
);

alter table releases
  -- The template's release this one stands on, and so on upwards: with it a release is a whole snapshot.
  add column base_revision bigint references releases,
  -- What was live on the channel before.
  add column previous_revision bigint,
  add column rollout_id bigint references rollouts,
  add column fleet_release_id bigint references fleet_releases,
  -- When the config counts as deprecated, from whichever layer says so.
  add column deprecation_date text;
-- Those made before this migration say it too: nothing else of them changes.
alter table releases disable trigger releases_are_append_only;
update releases r set previous_revision = earlier.previous_revision, deprecation_date = earlier.deprecation_date
from (
  select l.revision, lag(l.revision) over (partition by l.app_id, l.channel order by l.revision) as previous_revision,
    d.document->>'deprecationDate' as deprecation_date
  from releases l join configs d on d.app_id = l.app_id and d.version = l.version
) earlier where earlier.revision = r.revision;
alter table releases enable trigger releases_are_append_only;
create index idx_releases_base on releases (base_revision) where base_revision is not null;
create index idx_releases_rollout on releases (rollout_id) where rollout_id is not null;
create index idx_releases_fleet on releases (fleet_release_id) where fleet_release_id is not null;

-- What is live on each channel of each app: the one place that says so.
create table channels (
  app_id text collate "C" not null references apps,
  channel text collate "C" not null,
  revision bigint not null references releases,
  -- What a rollout is bringing; live for the devices that are in it.
  candidate_revision bigint references releases,
  rollout_id bigint references rollouts,
  -- Of the live release, so that what is deprecated and live is found without its history.
  deprecation_date text collate "C",
  -- Drawn anew by the application at each change of what the channel's devices get.
  sequence bigint not null default nextval('revisions'),
  updated_at timestamptz not null default clock_timestamp(),
  primary key (app_id, channel),
  check (candidate_revision is null or rollout_id is not null)
);
create index idx_channels_rollout on channels (rollout_id) where rollout_id is not null;
create index idx_channels_name on channels (channel, app_id);
create index idx_channels_deprecation on channels (deprecation_date, app_id, channel) where deprecation_date is not null;
insert into channels (app_id, channel, revision, deprecation_date, updated_at)
  select distinct on (app_id, channel) app_id, channel, revision, deprecation_date, released_at
  from releases order by app_id, channel, revision desc;

-- Whoever noted a change tells of it first; when this is over, any node may take that over.
alter table outbox add column claimed_until timestamptz not null default clock_timestamp() + interval '10 seconds';
create index idx_outbox_channel on outbox (app_id, channel);

-- Until when an app, or with no app the whole fleet, refuses releases.
create table freezes (
  freeze_id bigint generated always as identity primary key,
  app_id text collate "C" references apps,
  until timestamptz not null,
  reason text not null,
  actor text not null,
  created_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  ended_by text
);
create index idx_freezes_open on freezes (until) where ended_at is null;

create table schedules (
  schedule_id bigint generated always as identity primary key,
  app_id text collate "C" not null references apps,
  -- The body of the release, as it would be posted then.
  release jsonb not null,
  due_at timestamptz not null,
  state text not null default 'pending' check (state in ('pending', 'released', 'failed', 'cancelled')),
  revision bigint references releases,
  -- Why it failed: {code, detail}.
  failure jsonb,
  actor text not null,
  created_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  ended_by text
);
create index idx_schedules_due on schedules (due_at) where state = 'pending';
create index idx_schedules_app on schedules (app_id, schedule_id desc);

-- A release that waits for another person's word.
create table proposals (
  proposal_id bigint generated always as identity primary key,
  app_id text collate "C" not null references apps,
  release jsonb not null,
  -- What would go live where, on which release of its template, and what was live there when it was proposed: an approver is
  -- told when that has changed.
  channel text collate "C" not null,
  version text collate "C" not null,
  base_revision bigint references releases,
  live_revision bigint,
  state text not null default 'open' check (state in ('open', 'released', 'rejected', 'withdrawn')),
  revision bigint references releases,
  actor text not null,
  created_at timestamptz not null default clock_timestamp(),
  decided_by text,
  decided_at timestamptz
);
create index idx_proposals_app on proposals (app_id, proposal_id desc);
create index idx_proposals_open on proposals (proposal_id desc) where state = 'open';

create table proposal_comments (
  comment_id bigint generated always as identity primary key,
  proposal_id bigint not null references proposals,
  actor text not null,
  text text not null,
  created_at timestamptz not null default clock_timestamp()
);
create index idx_proposal_comments on proposal_comments (proposal_id, comment_id);

create table api_keys (
  key_id text collate "C" primary key,
  name text not null,
  role text not null check (role in ('client', 'viewer', 'editor', 'publisher', 'admin')),
  -- The apps it may touch, by id or by labels; null: all. A client reads one app on one channel.
  app_ids text[],
  labels jsonb,
  channel text collate "C",
  -- SHA-256 of the key; the key itself is shown once and kept nowhere.
  hash bytea not null,
  -- The one before the last rotation, while both count.
  previous_hash bytea,
  previous_expires_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_on date,
  created_by text not null,
  created_at timestamptz not null default clock_timestamp()
);
-- The name is the actor in history and audit: of those that count, no two may be one.
create unique index idx_api_keys_name on api_keys (lower(name)) where revoked_at is null;

create index idx_audit_log_actor on audit_log (actor, id desc);
create index idx_audit_log_action on audit_log (action, id desc);
-- An action is <thing>.<verb>, and people ask for the thing.
create index idx_audit_log_thing on audit_log (split_part(action, '.', 1), id desc);
create index idx_audit_log_at on audit_log (at, id);

-- The end of the chain: rows removed from the end of the log are missed, by the next row and by a check.
create table audit_head (
  singleton boolean primary key default true check (singleton),
  id bigint not null,
  hash bytea
);
insert into audit_head (id, hash)
  select coalesce(max(id), 0), (select hash from audit_log order by id desc limit 1) from audit_log;
create trigger audit_head_is_kept before delete or truncate on audit_head
  for each statement execute function refuse_change('audit_head');

-- Writers take turns at the head, so ids have no gaps and follow the order of the commits.
create or replace function audit_log_chain() returns trigger language plpgsql as $$
declare
  head record;
begin
  -- An older snapshot would not see the row before this one, and the chain would fork.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'audit_log is written in read committed transactions only'
      using errcode = 'invalid_transaction_state';
  end if;
  select id, hash into strict head from audit_head for update;
  new.id := head.id + 1;
  new.at := clock_timestamp();
  new.previous_hash := head.hash;
  new.hash := audit_log_hash(new);
  update audit_head set id = new.id, hash = new.hash;
  return new;
end
$$;
-- It read the whole log in one statement. The server checks it in pages: GET /manage/v1/audit/verify.
drop function audit_log_broken_at();
