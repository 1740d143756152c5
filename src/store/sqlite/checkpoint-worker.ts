import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";

/** What the writer tells the thread. */
export type CheckpointRequest = "checkpoint" | "close";

/** A thread that moves what was committed from the WAL into the database file, whenever it is told to. */

const { file } = workerData as { readonly file: string };
const client = new Database(file, { timeout: 0 });

parentPort?.on("message", (request: CheckpointRequest) => {
  if (request === "close") {
    client.close();
    parentPort?.close();
    return;
  }
  try {
    client.pragma("wal_checkpoint(PASSIVE)");
  } catch {
    // Somebody else is at it, or the disk is full; what is in the WAL is safe there.
  }
  parentPort?.postMessage(null);
});
