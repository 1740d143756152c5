import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";

/** A thread that moves what was committed from the WAL into the database file, whenever it is told to. */

const { file } = workerData as { readonly file: string };
const client = new Database(file, { timeout: 0 });

parentPort?.on("message", () => {
  try {
    client.pragma("wal_checkpoint(PASSIVE)");
  } catch {
    // Somebody else is at it, or the disk is full; what is in the WAL is safe there.
  }
  parentPort?.postMessage(null);
});
