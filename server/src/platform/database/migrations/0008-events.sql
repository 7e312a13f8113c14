-- What apps sent. Partitioned by the day that its UUIDv7 was made on, which no retry and no clock changes: so an event is stored once,
-- whenever it arrives. Partitions are made when needed, and dropped when their time is over.
create table events (
  event_id uuid not null,
  at timestamptz not null,
  received_at timestamptz not null,
  revision bigint,
  day date not null,
  bucket smallint,
  app_id text collate "C" not null,
  name text collate "C" not null,
  config_version text collate "C",
  platform text collate "C",
  app_version text collate "C",
  properties jsonb,
  primary key (app_id, day, event_id)
) partition by range (day);

-- Of apps for which somebody has set something else than what is usual.
create table event_limits (
  app_id text collate "C" primary key references apps (app_id),
  event_names int not null,
  properties_per_event int not null,
  values_per_property int not null,
  events_per_day bigint not null,
  updated_at timestamptz not null default clock_timestamp()
);

-- How many events each process took of each app, by the day they arrived: each writes rows of its own, and reads the sum.
create table event_usage (
  accepted bigint not null,
  duplicates bigint not null,
  rejected bigint not null,
  day date not null,
  app_id text collate "C" not null,
  sender text collate "C" not null,
  primary key (app_id, day, sender)
);
create index idx_event_usage_day on event_usage (day);
