import { openSync, readSync, statSync } from "node:fs";
import Database from "better-sqlite3";

/**
 * Makes a check that throws once the database's file or its WAL is no longer where it was opened: deleted, moved away, or
 * replaced by another, also by one that is copied over it. SQLite goes on writing to what nobody will ever open again, or
 * mixes its pages into what was put there, and every commit looks like one.
 *
 * To be made once both files are there.
 */
export function checkOfPlace(file: string): () => void {
  const names = [file, `${file}-wal`];
  const found = () => names.map((name) => statSync(name, { throwIfNoEntry: false }));
  const opened = found();
  // Never closed: closing a file lets go of all locks that this process has on it, SQLite's as well.
  const descriptor = openSync(file, "r");
  let size = 0;
  let isWrittenOver = false;
  return () => {
    const now = found();
    for (const [index, name] of names.entries())
      if (now[index]?.dev !== opened[index]?.dev || now[index]?.ino !== opened[index]?.ino)
        throw moved(
          `The file ${name} was deleted, moved or replaced beneath the gateway: put it back, or stop the gateway and restore a backup.`,
        );
    const before = size;
    size = now[0]?.size ?? 0;
    // For good: a checkpoint may write a header of its own over the other one's.
    isWrittenOver ||= size < before || isWithoutWal(descriptor);
    if (isWrittenOver)
      throw moved(
        `The file ${file} was written over beneath the gateway: stop the gateway, remove ${file}-wal and ${file}-shm, and restore the backup once more.`,
      );
  };
}

/**
 * True for a database that needs no WAL beside it, as its header says, such as a backup
 * (https://sqlite.org/fileformat2.html#file_format_version_numbers).
 */
export function isWithoutWal(descriptor: number): boolean {
  const versions = Buffer.alloc(2);
  readSync(descriptor, versions, 0, 2, 18);
  return versions.equals(Buffer.from([1, 1]));
}

function moved(message: string): Error {
  return new Database.SqliteError(message, "SQLITE_READONLY_DBMOVED");
}
