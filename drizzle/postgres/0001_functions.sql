-- Ids of deliveries. One that a transaction took and rolled back is given to no other.
CREATE SEQUENCE delivery_ids;
--> statement-breakpoint
-- Takes these locks in their order, and keeps them until the transaction ends. Fails with lock_not_available half a
-- second after the transaction began.
CREATE FUNCTION take_locks(keys bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  key bigint;
  waited double precision;
BEGIN
  FOREACH key IN ARRAY keys LOOP
    IF NOT pg_try_advisory_xact_lock(key) THEN
      waited := 1000 * extract(epoch FROM clock_timestamp() - now());
      PERFORM set_config('lock_timeout', greatest(1, floor(500 - waited))::text, true);
      PERFORM pg_advisory_xact_lock(key);
    END IF;
  END LOOP;
END
$$;
--> statement-breakpoint
-- The newest position ever handed out, of an entry that may be gone; 0 for none.
CREATE FUNCTION newest_position() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT greatest(
    (SELECT max(seq) FROM events),
    (SELECT value::bigint FROM meta WHERE name = 'newest'),
    0
  )
$$;
--> statement-breakpoint
-- Which server this is and which line of its history it writes; another one after a restore or a failover. 'unknown'
-- where the server does not tell.
CREATE FUNCTION present_instance() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN (SELECT system_identifier FROM pg_control_system())
    || '.' || left(pg_walfile_name(pg_current_wal_lsn()), 8);
EXCEPTION WHEN OTHERS THEN
  RETURN 'unknown';
END
$$;
--> statement-breakpoint
-- The epoch. Begins a new one where positions could be handed out a second time: on another server, on another line of
-- its history, or when the log ends before a position that it was known to have under this epoch. To be called with the
-- log's lock.
CREATE FUNCTION present_epoch(known_epoch text, known_position bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  at_instance text := present_instance();
  named text := left(replace(gen_random_uuid()::text, '-', ''), 16);
  kept_epoch text;
  kept_instance text;
BEGIN
  SELECT value INTO kept_epoch FROM meta WHERE name = 'epoch';
  SELECT value INTO kept_instance FROM meta WHERE name = 'instance';
  IF kept_epoch IS NOT NULL AND kept_instance = at_instance
    AND NOT (kept_epoch = known_epoch AND newest_position() < known_position)
  THEN
    RETURN kept_epoch;
  END IF;
  INSERT INTO meta (name, value) VALUES ('epoch', named), ('instance', at_instance)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value;
  INSERT INTO meta (name, value) VALUES ('oldest', '0') ON CONFLICT (name) DO NOTHING;
  RETURN named;
END
$$;
--> statement-breakpoint
-- Takes the log's lock and returns the newest position: the transaction's own entries come after it, and no other's can
-- until the transaction has ended. The statements of a volatile function see what was committed before each of them, so
-- the position is read after the wait and not, like the statement that calls this, before it.
CREATE FUNCTION lock_log(key bigint, known_epoch text, known_position bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  PERFORM take_locks(ARRAY[key]);
  PERFORM present_epoch(known_epoch, known_position);
  RETURN newest_position();
END
$$;
--> statement-breakpoint
-- For rows that no batch writes: its own come with their ids and positions.
ALTER TABLE deliveries ALTER COLUMN id SET DEFAULT nextval('delivery_ids');
--> statement-breakpoint
ALTER TABLE events ALTER COLUMN seq SET DEFAULT newest_position() + 1;
