-- Pages of which origins may read the app, as a JSON list; null: of any.
alter table apps add column allowed_origins jsonb check (jsonb_typeof(allowed_origins) = 'array');
