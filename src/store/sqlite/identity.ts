import { eq } from "drizzle-orm";
import { metaNames, newName } from "../meta.ts";
import { meta } from "../tables/sqlite.ts";
import type { Connection } from "./connection.ts";
import { isRestored, type Instance } from "./instance.ts";
import { newestPosition } from "./reader.ts";

/** What the store remembers of itself, by the names in `metaNames`. */
export function remembered({ db }: Connection): ReadonlyMap<string, string> {
  const rows = db.select().from(meta).all();
  return new Map(rows.map(({ name, value }) => [name, value]));
}

/** Which database this is and how far its log has come; null for one that no gateway has opened yet. */
export function identityOf(connection: Connection): Instance | null {
  const named = remembered(connection);
  const [instance, epoch] = [named.get(metaNames.instance), named.get(metaNames.epoch)];
  if (instance === undefined || epoch === undefined) return null;
  return { instance, epoch, newest: newestPosition(connection) };
}

/**
 * The identity of a database that is about to be written to. Makes one if there is none, and begins a new epoch if the
 * instance file tells that the database was restored.
 */
export function identify(connection: Connection, file: Instance | null): Instance {
  const known = identityOf(connection);
  if (known !== null) return continued(connection, known, file);
  const made = { instance: newName(), epoch: newName(), newest: newestPosition(connection) };
  const values = [
    { name: metaNames.instance, value: made.instance },
    { name: metaNames.epoch, value: made.epoch },
    { name: metaNames.oldest, value: "0" },
  ];
  connection.db.insert(meta).values(values).run();
  return made;
}

/**
 * The identity of a database whose log continues, in a new epoch if it was restored. It has to begin now: once enough
 * is added to the log, the instance file no longer tells.
 */
export function continued({ db }: Connection, known: Instance, file: Instance | null): Instance {
  if (!isRestored(known, file)) return known;
  const restored = { instance: newName(), epoch: newName(), newest: known.newest };
  db.transaction(
    (transaction) => {
      const set = (name: string, value: string) =>
        transaction.update(meta).set({ value }).where(eq(meta.name, name)).run();
      set(metaNames.instance, restored.instance);
      set(metaNames.epoch, restored.epoch);
    },
    { behavior: "immediate" },
  );
  return restored;
}
