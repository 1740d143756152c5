-- The epoch; null where none was begun, or not on this server and this line of its history. Where the server does not tell
-- which it is, or did not when the epoch was begun, it counts as the same one.
CREATE OR REPLACE FUNCTION kept_epoch() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN (
    SELECT epoch.value FROM meta AS epoch, meta AS instance
    WHERE epoch.name = 'epoch' AND instance.name = 'instance'
      AND (instance.value = 'unknown' OR present_instance() IN (instance.value, 'unknown'))
  );
END
$$;
--> statement-breakpoint
-- The epoch. Begins a new one where positions could be handed out a second time: where none is kept, or when the log ends
-- before a position that it was known to have under this epoch. Notes which server this is once it tells. To be called
-- with the log's lock.
CREATE OR REPLACE FUNCTION present_epoch(known_epoch text, known_position bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  kept text := kept_epoch();
  named text := left(replace(gen_random_uuid()::text, '-', ''), 16);
BEGIN
  IF kept IS NOT NULL AND NOT (kept = known_epoch AND newest_position() < known_position) THEN
    UPDATE meta SET value = present_instance()
      WHERE name = 'instance' AND value = 'unknown' AND present_instance() <> 'unknown';
    RETURN kept;
  END IF;
  INSERT INTO meta (name, value) VALUES ('epoch', named), ('instance', present_instance())
    ON CONFLICT (name) DO UPDATE SET value = excluded.value;
  INSERT INTO meta (name, value) VALUES ('oldest', '0') ON CONFLICT (name) DO NOTHING;
  RETURN named;
END
$$;
