import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Gives a file the name `place`, and replaces what had it. Returns once the disk has what was written to the file, and then
 * its name, without which a power cut would leave what was there before.
 */
export function putInPlace(file: string, place: string): void {
  sync(file, "r+");
  renameSync(file, place);
  // Windows opens no folders.
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

/** Removes a database file and what SQLite keeps beside it; what is not there is no fault. */
export function removeDatabase(file: string): void {
  for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(`${file}${end}`, { force: true });
}
