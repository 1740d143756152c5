import { once } from "node:events";
import { statSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { CheckpointRequest } from "./checkpoint-worker.ts";
import type { Connection } from "./connection.ts";

export type Checkpoints = AsyncDisposable & {
  /** To be called after a commit, outside of any transaction. */
  readonly committed: () => void;
};

/** How often the size of the WAL is looked at. */
const commitsBetween = 32;

/** How much is committed between two checkpoints: each syncs the database file, which slows the commits beside it. */
const checkpointBytes = 16 * 1024 * 1024;

/** A WAL larger than this is brought to its end, so that SQLite begins it anew. */
const largeWalBytes = 64 * 1024 * 1024;

/**
 * Moves commits from the WAL into the database file on a thread of its own: a checkpoint syncs twice, and the writer's
 * thread answers webhooks. The thread begins with the first checkpoint; a quiet gateway has none.
 *
 * Under a steady load there is always one more commit than the last checkpoint saw, and the WAL would grow for ever. So
 * once it is large the writer itself moves the little that is left, and SQLite then starts it from its beginning.
 */
export function startCheckpoints({ client }: Connection, file: string): Checkpoints {
  client.pragma("wal_autocheckpoint = 0");
  let thread: CheckpointThread | null = null;
  let commits = 0;
  let isRunning = false;
  /** How large the WAL was at the last checkpoint. */
  let checkpointedAt = 0;
  const checkpointed = () => {
    isRunning = false;
    if (!client.open || walBytes(file) < largeWalBytes) return;
    client.pragma("wal_checkpoint(PASSIVE)");
    checkpointedAt = 0;
  };
  // Without the thread the WAL only grows; SQLite's own way is better than that.
  const failed = () => client.pragma("wal_autocheckpoint = 1000");

  return {
    committed() {
      commits += 1;
      if (isRunning || commits < commitsBetween) return;
      commits = 0;
      if (walBytes(file) - checkpointedAt < checkpointBytes) return;
      checkpointedAt = walBytes(file);
      isRunning = true;
      thread ??= startThread(file, { checkpointed, failed });
      thread.tell("checkpoint");
    },
    [Symbol.asyncDispose]: async () => await thread?.end(),
  };
}

type CheckpointThread = {
  readonly tell: (request: CheckpointRequest) => void;
  readonly end: () => Promise<void>;
};

function startThread(
  file: string,
  { checkpointed, failed }: { readonly checkpointed: () => void; readonly failed: () => void },
): CheckpointThread {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const module = new URL(`./checkpoint-worker.${extension}`, import.meta.url);
  const worker = new Worker(module, { workerData: { file } });
  worker.unref();
  const exited = once(worker, "exit");
  // Listened to below; here it would be a rejection that nobody awaits.
  exited.catch(() => {});
  worker.on("message", checkpointed);
  worker.on("error", failed);
  const tell = (request: CheckpointRequest) => worker.postMessage(request);
  return {
    tell,
    async end() {
      worker.ref();
      // Not `terminate`: it takes the process with it while the thread is still loading SQLite.
      tell("close");
      await exited.catch(() => {});
    },
  };
}

export function walBytes(file: string): number {
  return statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}
