-- What the guards of rollouts have learned and decided. What they are to look at stands in the plan of the rollout.
create table guards (
  rollout_id bigint not null references rollouts,
  name text collate "C" not null,
  -- What it has learned, as its kind keeps it.
  state jsonb,
  decision text not null default 'hold' check (decision in ('go', 'hold', 'rollback')),
  reason text not null default 'has not looked yet',
  -- As it is told to people: {estimate} or {value}.
  findings jsonb,
  looked_at timestamptz,
  -- Null once the rollout has ended.
  next_look_at timestamptz default clock_timestamp(),
  -- What the rollout was last told, and when: it is told again before that expires.
  told jsonb,
  told_at timestamptz,
  primary key (rollout_id, name)
);
create index idx_guards_due on guards (next_look_at) where next_look_at is not null;

-- What became known of events, written with them and gone once the guard has learned it.
create table guard_evidence (
  evidence_id bigint generated always as identity primary key,
  rollout_id bigint not null,
  name text collate "C" not null,
  evidence jsonb not null
);
create index idx_guard_evidence on guard_evidence (rollout_id, name, evidence_id);
