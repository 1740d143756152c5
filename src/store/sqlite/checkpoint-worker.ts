import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";

/** What the writer asks of the thread. */
export type CheckpointRequest = "checkpoint" | "close";

/** A worker thread's program: moves commits from the WAL into the database file, whenever it is asked to. */

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
    // Another checkpoint is running, or the disk is full. What is in the WAL is safe there.
  }
  parentPort?.postMessage(null);
});
