-- What is watched. `definition` is what the contract calls a rule, without its name.
create table alert_rules (
  name text collate "C" primary key check (name ~ '^[a-z][a-z0-9-]{0,63}$'),
  definition jsonb not null check (jsonb_typeof(definition) = 'object'),
  is_enabled boolean not null generated always as ((definition->'isEnabled')::boolean) stored,
  -- Evaluated by whichever node locks the row first, and not before.
  due_at timestamptz not null default clock_timestamp(),
  -- When its channels were last told something: what follows at once is told together.
  told_at timestamptz,
  evaluated_at timestamptz,
  last_error text,
  revision bigint not null default nextval('revisions'),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);
create index idx_alert_rules_due on alert_rules (due_at) where is_enabled;

-- Who is told. `receiver` is {url} or {to}; `secrets` what a webhook is signed with, [{secret, until}], the newest first.
create table alert_channels (
  name text collate "C" primary key check (name ~ '^[a-z][a-z0-9-]{0,63}$'),
  kind text not null check (kind in ('webhook', 'slack', 'email')),
  receiver jsonb not null check (jsonb_typeof(receiver) = 'object'),
  secrets jsonb not null default '[]' check (jsonb_typeof(secrets) = 'array'),
  is_default boolean not null,
  least_severity text not null check (least_severity in ('info', 'warning', 'critical')),
  is_enabled boolean not null,
  note text,
  -- The receiver wants to be left alone until then.
  not_before timestamptz not null default clock_timestamp(),
  failures int not null default 0,
  last_error text,
  last_error_at timestamptz,
  last_sent_at timestamptz,
  revision bigint not null default nextval('revisions'),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);

create table alert_silences (
  silence_id bigint generated always as identity primary key,
  -- null: all of them. A rule that is gone is silent by itself, so its name is no reference.
  rule text collate "C",
  app_id text collate "C" references apps (app_id),
  starts_at timestamptz not null,
  ends_at timestamptz check (ends_at > starts_at),
  weekly jsonb check (jsonb_typeof(weekly) = 'object'),
  reason text not null,
  actor text not null,
  created_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  ended_by text,
  check (ends_at is not null or weekly is not null)
);
create index idx_alert_silences_open on alert_silences (silence_id) where ended_at is null;

-- Each time that a rule was broken: open while it is pending or firing, history after that.
create table alerts (
  alert_id bigint generated always as identity primary key,
  -- It stays when the rule goes.
  rule text collate "C" not null,
  -- What of the rule's scope it is about: '' all of it, an app, a store, or * what is beyond the hundred that are named.
  subject text collate "C" not null,
  app_id text collate "C",
  severity text not null check (severity in ('info', 'warning', 'critical')),
  state text not null check (state in ('pending', 'firing', 'resolved')),
  summary text not null,
  value double precision,
  limit_value double precision not null,
  pending_at timestamptz not null,
  fired_at timestamptz,
  good_since timestamptz,
  unknown_since timestamptz,
  seen_at timestamptz not null,
  resolved_at timestamptz,
  resolved_because text check (resolved_because in ('well', 'noData', 'ruleChanged', 'ruleRemoved')),
  -- What its channels were last told of it.
  told text check (told in ('firing', 'resolved')),
  silence_id bigint,
  check ((state = 'resolved') = (resolved_at is not null)),
  check (state = 'pending' or fired_at is not null)
);
create unique index idx_alerts_open on alerts (rule, subject) where state <> 'resolved';
create index idx_alerts_untold on alerts (rule) where state = 'resolved' and told = 'firing';
create index idx_alerts_state on alerts (state, alert_id);
create index idx_alerts_app on alerts (app_id, alert_id);
create index idx_alerts_rule on alerts (rule, alert_id);

-- What is to be sent, one row a channel; written in the transaction that changes the alerts.
create table alert_deliveries (
  delivery_id bigint generated always as identity primary key,
  -- The same whenever and by whomever it is sent.
  message_id text collate "C" not null,
  channel text collate "C" not null references alert_channels (name) on delete cascade,
  rule text collate "C" not null,
  kind text not null check (kind in ('firing', 'resolved')),
  alert_ids jsonb not null check (jsonb_typeof(alert_ids) = 'array'),
  message jsonb not null,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
  attempts int not null default 0,
  last_error text,
  due_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  unique (message_id, channel)
);
create index idx_alert_deliveries_due on alert_deliveries (due_at) where state = 'waiting';
create index idx_alert_deliveries_channel on alert_deliveries (channel, rule, delivery_id) where state = 'waiting';
create index idx_alert_deliveries_created on alert_deliveries (created_at);

-- The nodes that evaluate: while the database is away, the one that has been there longest tells of it.
create table alert_nodes (
  node_id uuid primary key,
  number bigint generated always as identity,
  seen_at timestamptz not null default clock_timestamp()
);

-- What nobody should have to think of first. They are told to each channel that is a default one, once there is one.
insert into alert_rules (name, definition)
  select name, '{"scope": {"kind": "fleet"}, "channels": null, "isEnabled": true}'::jsonb || definition::jsonb
  from (values
    ('read-errors', '{
      "on": {"question": "errors", "measure": "rate", "status": "5xx"},
      "condition": {"kind": "burnRate", "objective": 0.999, "windows": [
        {"longSeconds": 3600, "shortSeconds": 300, "factor": 14.4},
        {"longSeconds": 21600, "shortSeconds": 1800, "factor": 6}]},
      "minimumCount": 100, "forSeconds": 0, "resolveAfterSeconds": 300, "severity": "critical",
      "note": "Reads fail. Look at /health and at the log of the config service; what is said to have changed lately comes next."}'),
    ('slow-reads', '{
      "on": {"question": "latency", "measure": "p99"},
      "condition": {"kind": "threshold", "above": 250, "resolveAt": 150, "overSeconds": 300},
      "minimumCount": 100, "forSeconds": 300, "resolveAfterSeconds": 300, "severity": "warning",
      "note": "One read in a hundred takes long. Look at the load of the machines, and at the latencies of the stores in /health."}'),
    ('revision-lag', '{
      "on": {"question": "lag", "measure": "share"}, "scope": {"kind": "eachApp", "template": null, "labels": null},
      "condition": {"kind": "threshold", "above": 0.05, "resolveAt": 0.01, "overSeconds": 300},
      "minimumCount": 20, "forSeconds": 120, "resolveAfterSeconds": 300, "severity": "warning",
      "note": "A minute after a release devices still get what was before it: a node does not follow. Look at its log, and at Redis."}'),
    ('store-down', '{
      "on": {"question": "health", "measure": "down"},
      "condition": {"kind": "threshold", "above": 0, "overSeconds": 60},
      "minimumCount": 0, "forSeconds": 30, "resolveAfterSeconds": 60, "severity": "critical",
      "note": "What was served before is still served. Nothing can be released while the database is away."}'),
    ('adoption-stuck', '{
      "on": {"question": "stuck", "measure": "share", "replacedSeconds": 86400},
      "scope": {"kind": "eachApp", "template": null, "labels": null},
      "condition": {"kind": "threshold", "above": 0.3, "resolveAt": 0.2, "overSeconds": 3600},
      "minimumCount": 50, "forSeconds": 600, "resolveAfterSeconds": 600, "severity": "warning",
      "note": "Devices ask and get the release, but still hold what was replaced a day ago: the app does not apply it."}')
  ) made (name, definition);
