-- What a CDN in front has to forget: a row is at most as many tags as one request to it takes. Written in the transaction of the
-- change; nobody deletes them by hand, a week later they go.
create table cdn_purges (
  purge_id bigint generated always as identity primary key,
  cdn text collate "C" not null,
  -- null: everything.
  tags jsonb check (jsonb_typeof(tags) = 'array'),
  -- again: done once; a second time is to come, for what the CDN fetched from a node that was behind.
  state text not null default 'waiting' check (state in ('waiting', 'again', 'done', 'failed')),
  repeats boolean not null,
  attempts int not null default 0,
  last_error text,
  -- A second after the change, when the nodes have it.
  due_at timestamptz not null default clock_timestamp() + interval '1 second',
  created_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz
);
create index idx_cdn_purges_due on cdn_purges (cdn, due_at) where ended_at is null;
create index idx_cdn_purges_created on cdn_purges (created_at);

-- How it goes with each CDN. One node at a time asks it, and nobody before `not_before`: one is at work, or it asked for a rest.
create table cdn_states (
  cdn text collate "C" primary key,
  not_before timestamptz not null,
  failures int not null default 0,
  last_error text,
  last_error_at timestamptz
);
