-- Which server this is and which line of its history it writes; another one after a restore or a failover. 'unknown'
-- where the server never tells: not this role, not while it is a standby, or nobody. Fails where it only cannot now.
CREATE OR REPLACE FUNCTION present_instance() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT system_identifier FROM pg_control_system())
    || '.' || left(pg_walfile_name(pg_current_wal_lsn()), 8);
EXCEPTION
  WHEN insufficient_privilege OR undefined_function OR feature_not_supported OR object_not_in_prerequisite_state THEN
    RETURN 'unknown';
END
$$;
--> statement-breakpoint
-- The epoch; null where none was begun, or not on this server and this line of its history. A server that does not tell
-- which it is counts as the one that it was begun on.
CREATE OR REPLACE FUNCTION kept_epoch() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN (
    SELECT epoch.value FROM meta AS epoch, meta AS instance
    WHERE epoch.name = 'epoch' AND instance.name = 'instance'
      AND present_instance() IN (instance.value, 'unknown')
  );
END
$$;
--> statement-breakpoint
-- The epoch. Begins a new one where positions could be handed out a second time: where none is kept, or when the log ends
-- before a position that it was known to have under this epoch. To be called with the log's lock.
CREATE OR REPLACE FUNCTION present_epoch(known_epoch text, known_position bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  kept text := kept_epoch();
  named text := left(replace(gen_random_uuid()::text, '-', ''), 16);
BEGIN
  IF kept IS NOT NULL AND NOT (kept = known_epoch AND newest_position() < known_position) THEN
    RETURN kept;
  END IF;
  INSERT INTO meta (name, value) VALUES ('epoch', named), ('instance', present_instance())
    ON CONFLICT (name) DO UPDATE SET value = excluded.value;
  INSERT INTO meta (name, value) VALUES ('oldest', '0') ON CONFLICT (name) DO NOTHING;
  RETURN named;
END
$$;
