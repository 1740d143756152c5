import { existsSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { makePrivate, openForCommand } from "./connection.ts";
import { unusable } from "./error.ts";
import { putInPlace, removeDatabase } from "./file.ts";
import { isFolder } from "./folder.ts";
import { tryToLock } from "./lock.ts";
import { newestPosition } from "./queries.ts";

/** How many pages are copied at a time: some 8 MB, so that the progress is seen. */
const pagesAtATime = 2_048;

export type BackupOptions = {
  readonly file: string;
  /** Where the backup goes; nothing may be there. */
  readonly to: string;
  /** In bytes. */
  readonly onProgress: (done: number, total: number) => void;
};

/**
 * Copies the store as it is at one moment, beside a gateway that goes on writing. The backup holds the log up to a
 * position and nothing after it, which this resolves with once all of it is on disk and was found whole. Until then
 * there is no file of that name.
 * @throws Error when there is a file already, or another backup is on its way there, or it cannot be written.
 */
export async function backUpSqlite({
  file,
  to,
  onProgress,
}: BackupOptions): Promise<{ readonly newest: number }> {
  const folder = dirname(to);
  if (!isFolder(folder)) throw new Error(`There is no folder ${folder}: make it, or name another file.`);
  const part = `${to}.part`;
  using _lock = lockPart(part);
  let client: Database.Database | null = null;
  try {
    if (existsSync(to)) throw new Error(`There is a file ${to} already: choose another name.`);
    // What one that was killed has left there.
    removeDatabase(part);
    const opened = openForCommand(file);
    client = opened.client;
    // Holds the moment: without it, every commit meanwhile would make the copy begin again.
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
    // While it is held: whoever comes now makes one anew.
    removeDatabase(`${part}.lock`);
  }
}

/** Two backups at once to the same place would write into one file, and each remove what the other has written. */
function lockPart(part: string): Disposable {
  const lock = tryToLock(part);
  if (lock !== null) return lock;
  throw new Error(`Another backup is being written to ${part}: wait for it, or choose another name.`);
}

function examine(copy: string): void {
  const client = new Database(copy);
  try {
    // A file of its own, that needs nothing beside it until it is opened again.
    client.pragma("journal_mode = DELETE");
    const found = client.pragma("quick_check(1)", { simple: true });
    if (found !== "ok") throw new Error(`The backup is damaged: ${String(found)}.`);
  } finally {
    client.close();
  }
}
