import type Database from "better-sqlite3";
import { sql, type AnyColumn, type SQL } from "drizzle-orm";

/**
 * Has `isStopped` asked by statements on this connection that try a `stoppable` condition: where it says true, they fail.
 * Nothing else ends a statement of SQLite's before it is done, not even the end of its thread.
 */
export function letBeStopped(client: Database.Database, isStopped: () => boolean): void {
  client.function("may_go_on", { directOnly: true }, () => {
    if (isStopped()) throw new Error("The question is stopped.");
    return 1;
  });
}

/**
 * The condition, and before each 32nd row or so that it is tried on, by the row's own number, a question whether to go
 * on: a filter may take ten milliseconds for each row, and there may be a million. So rarely, asking costs next to nothing.
 */
export function stoppable(condition: SQL, row: AnyColumn): SQL {
  return sql`((${row} & 31) <> 0 or may_go_on()) and (${condition})`;
}
