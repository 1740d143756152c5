import { statSync } from "node:fs";
import Database from "better-sqlite3";

/**
 * Makes a check that throws once the database's file or its WAL is no longer where it was opened: deleted, moved away, or
 * replaced by another. SQLite goes on writing to what nobody will ever open again, and every commit looks like one.
 *
 * To be made once both files are there.
 */
export function checkOfPlace(file: string): () => void {
  const names = [file, `${file}-wal`];
  const identity = (name: string): string => {
    const found = statSync(name, { throwIfNoEntry: false });
    return found === undefined ? "" : `${found.dev} ${found.ino}`;
  };
  const opened = names.map(identity);
  return () => {
    for (const [index, name] of names.entries())
      if (identity(name) !== opened[index])
        throw new Database.SqliteError(
          `The file ${name} was deleted, moved or replaced beneath the gateway: put it back, or stop the gateway and restore a backup.`,
          "SQLITE_READONLY_DBMOVED",
        );
  };
}
