import type Database from "better-sqlite3";
import { sql, type AnyColumn, type SQL } from "drizzle-orm";

/**
 * Makes statements on this connection that try a `stoppable` condition ask `isStopped`, and fail once it returns true.
 * Nothing else ends a running statement of SQLite's, not even ending its thread.
 */
export function letBeStopped(client: Database.Database, isStopped: () => boolean): void {
  client.function("may_go_on", { directOnly: true }, () => {
    if (isStopped()) throw new Error("The question is stopped.");
    return 1;
  });
}

/**
 * The condition, with a check whether to go on before it. A filter may take ten milliseconds for each row, and there
 * may be a million rows. The check is made for row numbers divisible by 32 only: so it costs next to nothing.
 */
export function stoppable(condition: SQL, row: AnyColumn): SQL {
  return sql`((${row} & 31) <> 0 or may_go_on()) and (${condition})`;
}
