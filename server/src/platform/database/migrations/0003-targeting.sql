-- How long a device of the app waits before it asks again; null: as long as the setting says.
alter table apps add column poll_seconds int check (poll_seconds between 10 and 86400);
