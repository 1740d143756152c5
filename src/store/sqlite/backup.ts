import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import Database from "better-sqlite3";
import { howToRun } from "../../program/how-to-run.ts";
import { makePrivate, openForCommand } from "./connection.ts";
import { codeOf, unusable } from "./error.ts";
import { putInPlace, removeDatabase } from "./file.ts";
import { isFolder } from "./folder.ts";
import { tryToLock } from "./lock.ts";
import { newestPosition } from "./reader.ts";

/** Pages that are copied at a time, some 8 MB: few enough for progress to be seen. */
const pagesAtATime = 2_048;

type BackupOptions = {
  readonly file: string;
  /** Where the backup is written. There must be no such file yet. */
  readonly to: string;
  /** In bytes. */
  readonly onProgress: (done: number, total: number) => void;
};

/**
 * Copies the store as it is at one moment, while a gateway may go on writing. The backup holds the log up to one
 * position. Resolves with that position once the whole backup is on disk and checked; until then there is no file `to`.
 * @throws Error if there is a file already, another backup is being written there, or it cannot be written.
 */
export async function backUpSqlite({
  file,
  onProgress,
  ...options
}: BackupOptions): Promise<{ readonly newest: number }> {
  // Absolute, because better-sqlite3 leaves out a space before a path.
  const to = resolve(options.to);
  const folder = dirname(to);
  if (!isFolder(folder)) throw new Error(`There is no folder ${folder}: make it, or name another file.`);
  const part = `${to}.part`;
  using _lock = lockPart(part);
  let client: Database.Database | null = null;
  try {
    if (existsSync(to)) throw new Error(`There is a file ${to} already: choose another name.`);
    // Left by a backup that was killed.
    removeDatabase(part);
    const opened = openForCommand(file);
    client = opened.client;
    // Keeps the snapshot: otherwise every commit meanwhile would restart the copy.
    client.exec("begin");
    const newest = newestPosition(opened);
    const pageSize = client.pragma("page_size", { simple: true }) as number;
    makePrivate(part);
    await client
      .backup(part, {
        progress({ totalPages, remainingPages }) {
          onProgress((totalPages - remainingPages) * pageSize, totalPages * pageSize);
          return pagesAtATime;
        },
      })
      .catch((error: unknown) => {
        throw unusable(part, error);
      });
    examine(part);
    putInPlace(part, to);
    return { newest };
  } finally {
    client?.close();
    removeDatabase(part);
    // Removed while it is still locked: the next backup makes a new one.
    removeDatabase(`${part}.lock`);
  }
}

/** Locks the unfinished file: two backups to one place would write into one file, and remove each other's work. */
function lockPart(part: string): Disposable {
  const lock = tryToLock(part);
  if (lock !== null) return lock;
  throw new Error(`Another backup is being written to ${part}: wait for it, or choose another name.`);
}

/** @throws Error that says what to do if the copy is damaged, as a damaged database's is. */
function examine(copy: string): void {
  const found = damageOf(copy);
  if (found !== "ok")
    throw new Error(
      `The copy is damaged (${found}), as the database itself may be: run "${howToRun("doctor")}".`,
    );
}

/** What `quick_check` says of a copy, which is left as a single file, with nothing beside it. */
function damageOf(copy: string): string {
  const client = new Database(copy);
  try {
    client.pragma("journal_mode = DELETE");
    return client.pragma("quick_check(1)", { simple: true }) as string;
  } catch (error) {
    if (codeOf(error)?.startsWith("SQLITE_CORRUPT") !== true) throw error;
    return String(error);
  } finally {
    client.close();
  }
}
