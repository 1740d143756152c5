import { eq } from "drizzle-orm";
import { metaNames, newName } from "../meta.ts";
import { deriveAgain, putDetailsBack, setIssuesAside, type RebuildOptions } from "../rebuild.ts";
import * as tables from "../tables/sqlite.ts";
import { openForCommand, openWriter } from "./connection.ts";
import { unusable } from "./error.ts";
import { identify } from "./identity.ts";
import { instanceFileOf, readInstance, writeInstance } from "./instance.ts";
import { lockStore } from "./lock.ts";
import { newestPosition } from "./reader.ts";
import { prepareTransaction } from "./transaction.ts";

const { events, issues, meta, projects } = tables;

/**
 * Derives every history again from the deliveries, in the order in which they arrived, under a new epoch.
 *
 * Bodies are read anew, so that what an older version did not understand counts now; what intake fixed (the times, the
 * headers) stays. It is one transaction: until its end the store stays as it was, whatever happens. Histories and node
 * ids are the same afterwards; earlier cursors are refused with EPOCH_CHANGED.
 * @throws StoreInUseError while a gateway has the store.
 * @throws Error if there is no such file, or no store in it.
 */
export async function rebuildSqlite({
  file,
  ...options
}: RebuildOptions & { readonly file: string }): Promise<void> {
  openForCommand(file).client.close();
  using _lock = lockStore(file);
  const { client, db } = openWriter(file);
  try {
    client.exec("begin immediate");
    // Makes the identity of a store that no gateway has opened yet.
    const { instance } = identify({ client, db }, readInstance(instanceFileOf(file)));
    const newest = newestPosition({ client, db });
    client.exec(setIssuesAside);
    for (const table of [events, issues, projects]) db.delete(table).run();
    const inserting = prepareTransaction({ client, db });
    const transaction = { ...inserting, insertDeliveries: inserting.rewriteDeliveries };
    await deriveAgain({ db, tables }, async (derive) => void (await derive(transaction)), options);
    for (const statement of putDetailsBack) client.exec(statement);

    const set = (name: string, value: string) =>
      db.update(meta).set({ value }).where(eq(meta.name, name)).run();
    const epoch = newName();
    set(metaNames.epoch, epoch);
    // Positions continue those of the old log, and nobody can resume before the beginning of the new one.
    set(metaNames.oldest, String(newest));
    client.exec("commit");
    // Otherwise the next start would take the file for restored, and begin another epoch.
    const position = newestPosition({ client, db });
    await writeInstance(instanceFileOf(file), { instance, epoch, newest: position });
  } catch (error) {
    throw unusable(file, error);
  } finally {
    // Rolls back what was not committed.
    client.close();
  }
}
