import { openSync, readSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { howToRun } from "../../program/how-to-run.ts";

/**
 * Makes a check that throws once the database's file or its WAL is no longer what was opened: deleted, moved away,
 * replaced, or overwritten by a copy. SQLite does not notice: it would go on writing to a file that nobody can open
 * again, or mix its pages into the new file, and every commit would seem to succeed.
 *
 * To be made once both files exist, and called in write transactions of this connection, so that nobody else commits
 * meanwhile.
 */
export function sameFileCheck(client: Database.Database, file: string): () => void {
  const names = [file, `${file}-wal`];
  const found = () => names.map((name) => statSync(name, { throwIfNoEntry: false }));
  const opened = found();
  // Never closed: closing it would release all locks of this process on the file, SQLite's included.
  const descriptor = openSync(file, "r");
  const pageSize = Number(client.pragma("page_size", { simple: true }));
  const pageCount = client.prepare<[], number>("pragma page_count").pluck();
  const dataVersion = client.prepare<[], number>("pragma data_version").pluck();
  // The file may become smaller: only a VACUUM leaves fewer pages, and the next checkpoint truncates the file to these.
  // So the least size follows from the page count, which on this connection includes the WAL. Once another connection
  // has written, the size says nothing.
  const leastOf = (size: number) => Math.min(size, Number(pageCount.get()) * pageSize);
  // Read before the pages are counted, so that a change by another connection in between counts as later.
  let seenVersion = dataVersion.get();
  let leastSize = leastOf(opened[0]?.size ?? 0);
  let leastChanges = changesOf(descriptor);
  let whatHappened: string | null = null;
  return () => {
    const now = found();
    for (const [index, name] of names.entries())
      if (now[index]?.dev !== opened[index]?.dev || now[index]?.ino !== opened[index]?.ino)
        throw fileMoved(
          `The file ${name} was deleted, moved or replaced while the gateway was running: put it back, or stop the gateway and restore a backup.`,
        );
    const size = now[0]?.size ?? 0;
    const version = dataVersion.get();
    const changes = changesOf(descriptor);
    // Kept for good: a checkpoint may write its own header over that of the other file, and the file may grow again.
    whatHappened ??=
      journalOf(descriptor) !== "wal"
        ? `The file ${file} was overwritten while the gateway was running: stop the gateway, remove ${file}-wal and ${file}-shm, and restore the backup once more.`
        : changes < leastChanges || (version === seenVersion && size < leastSize)
          ? `The file ${file} became smaller or older while the gateway was running, as when another file is copied over it: stop the gateway, and run "${howToRun("doctor")}".`
          : null;
    if (whatHappened !== null) throw fileMoved(whatHappened);
    seenVersion = version;
    leastSize = leastOf(size);
    leastChanges = changes;
  };
}

/**
 * The journal that a database has while it is written, as its header says: a WAL, or a rollback journal as in a backup
 * (https://sqlite.org/fileformat2.html#file_format_version_numbers). Null if there is no such header.
 */
export function journalOf(descriptor: number): "wal" | "rollback" | null {
  const versions = Buffer.alloc(2);
  readSync(descriptor, versions, 0, 2, 18);
  if (versions.equals(Buffer.from([2, 2]))) return "wal";
  return versions.equals(Buffer.from([1, 1])) ? "rollback" : null;
}

/**
 * The header's count of changes. With a WAL not every transaction raises it, but nothing lowers it, neither a VACUUM
 * nor a `.restore` (https://sqlite.org/fileformat2.html#file_change_counter).
 */
function changesOf(descriptor: number): number {
  const counter = Buffer.alloc(4);
  readSync(descriptor, counter, 0, 4, 24);
  return counter.readUInt32BE();
}

/** The error of a batch that must not be written here. By its code it is no fault of a delivery. */
export function fileMoved(message: string): Error {
  return new Database.SqliteError(message, "SQLITE_READONLY_DBMOVED");
}
