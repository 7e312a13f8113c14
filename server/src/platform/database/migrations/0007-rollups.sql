-- What was counted elsewhere and has arrived here, until it is folded into the rollups.
create table shipments (
  shipment_id bigint generated always as identity primary key,
  sender text collate "C" not null,
  number bigint not null,
  received_at timestamptz not null default clock_timestamp(),
  body bytea not null,
  unique (sender, number)
);
-- What is in it is compact already.
alter table shipments alter column body set storage external;

-- Which shipments of a sender have been folded: one that arrives again after that must not count again.
create table shipment_senders (
  sender text collate "C" primary key,
  numbers int8multirange not null,
  folded_at timestamptz not null
);
create index idx_shipment_senders_folded on shipment_senders (folded_at);

-- What was counted, by minute, hour and day. `scope` is an app (`shop`), all apps below a template (`fleet-template/*`), the whole
-- fleet (`*`). The sums stand in `body`, too; it holds the devices of an app, and `sketch` those of scopes above apps. These have
-- further rows: `*#country`, by day, the devices by a facet; `*#day`, by hour, the devices of the 24 hours that end with it.
create table rollups_minute (
  at timestamptz not null,
  requests int not null,
  unchanged int not null,
  refused int not null,
  errors int not null,
  hits int not null,
  devices int not null,
  scope text collate "C" not null,
  body bytea not null,
  sketch bytea not null,
  primary key (scope, at)
) partition by range (at);
alter table rollups_minute alter column body set storage external, alter column sketch set storage external;

create table rollups_hour (like rollups_minute including all) partition by range (at);

create table rollups_day (
  at timestamptz not null,
  requests bigint not null,
  unchanged bigint not null,
  refused bigint not null,
  errors bigint not null,
  hits bigint not null,
  devices bigint not null,
  scope text collate "C" not null,
  body bytea not null,
  sketch bytea not null,
  primary key (scope, at)
) partition by range (at);
alter table rollups_day alter column body set storage external, alter column sketch set storage external;

-- Hours (days) whose minutes (hours) have changed since they were made: until they are made again, the finer ones are read. And
-- hours of apps (part) whose devices still have to be added to those by facet above them, and spans of 24 hours by their last one.
create table rollups_due (
  level text collate "C" not null check (level in ('hour', 'part', 'span', 'day')),
  at timestamptz not null,
  scope text collate "C" not null,
  primary key (level, at, scope)
);
create index idx_rollups_due_scope on rollups_due (scope, at);

-- From when on the rows of a level are all there: what was dropped before must not be begun anew by what arrives late.
create table rollups_kept (
  level text collate "C" primary key,
  since timestamptz not null
);

-- Requests, by the hour, that gateways could not keep and that are in no row: said with every answer about that time.
create table lost_counts (
  at timestamptz primary key,
  requests bigint not null
);

-- Requests by day, for quotas and bills; '' where there was no app or no key.
create table usage_days (
  requests bigint not null,
  refused bigint not null,
  last_at timestamptz not null,
  day date not null,
  app_id text collate "C" not null,
  key_id text collate "C" not null,
  route_class text collate "C" not null,
  primary key (day, app_id, key_id, route_class)
) partition by range (day);
