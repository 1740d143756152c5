import { closeSync, fsyncSync, openSync, rmSync } from "node:fs";

/** Returns once the disk has what was written to the file. */
export function syncFile(file: string): void {
  const descriptor = openSync(file, "r+");
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
