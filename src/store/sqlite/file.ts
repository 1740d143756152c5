import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Renames a file to `place`, replacing what is there. Returns once first the file's content and then its new name are
 * on disk. Without the latter, a power cut could bring back what was there before.
 */
export function putInPlace(file: string, place: string): void {
  sync(file, "r+");
  renameSync(file, place);
  // Windows cannot open a folder to sync it.
  if (process.platform !== "win32") sync(dirname(place), "r");
}

function sync(path: string, flags: "r" | "r+"): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Removes a database file and what SQLite keeps beside it, as far as they exist. */
export function removeDatabase(file: string): void {
  for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(`${file}${end}`, { force: true });
}
