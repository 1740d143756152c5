import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { moduleUrl } from "../../program/module-url.ts";
import type { CheckpointRequest } from "./checkpoint-worker.ts";
import type { Connection } from "./connection.ts";
import { codeOf } from "./error.ts";

type Checkpoints = AsyncDisposable & {
  /** To be called after each commit, outside of any transaction. Does not throw, since the commit has succeeded. */
  readonly committed: () => void;
};

/** Commits between two looks at the WAL. */
const commitsBetween = 32;

type CheckpointLimits = {
  /**
   * Bytes that are committed between two checkpoints. Each checkpoint syncs the database file, and commits wait
   * meanwhile.
   */
  readonly checkpointBytes: number;
  /** Once the WAL holds so many bytes, all of it is checkpointed, so that SQLite starts it from its beginning. */
  readonly largeWalBytes: number;
};

/** Measured at 2,000 webhooks/s: with checkpoints of 16 MB the slowest 1 % wait 1.5 times as long. */
const limitsOfGateway: CheckpointLimits = {
  checkpointBytes: 4 * 1024 * 1024,
  largeWalBytes: 16 * 1024 * 1024,
};

/** What the pragma says of the WAL, in frames: a page and 24 bytes before it (https://sqlite.org/walformat.html). */
type Frames = { readonly log: number; readonly checkpointed: number };

/**
 * Moves commits from the WAL into the database file on a thread of its own: a checkpoint syncs twice, and on the
 * writer's thread webhooks would wait for that. The thread starts with the first checkpoint; a quiet gateway has none.
 *
 * Under a steady load there is always one more commit than the last checkpoint saw, and the WAL would grow for ever. So
 * once it is large the writer itself moves the little that is left, and SQLite then starts the WAL from its beginning.
 * The WAL file does not shrink, so only SQLite knows how much of it is in use.
 */
export function startCheckpoints(
  { client }: Connection,
  file: string,
  { checkpointBytes, largeWalBytes } = limitsOfGateway,
): Checkpoints {
  client.pragma("wal_autocheckpoint = 0");
  const frames = client.prepare<[], Frames>("pragma wal_checkpoint(noop)");
  const frameBytes = Number(client.pragma("page_size", { simple: true })) + 24;
  let thread: CheckpointThread | null = null;
  let commits = 0;
  let isRunning = false;
  const look = () => attempt(() => frames.get()!);
  const checkpointed = () => {
    isRunning = false;
    const held = client.open ? look() : null;
    if (held !== null && held.log * frameBytes >= largeWalBytes) checkpoint();
  };
  const checkpoint = () => attempt(() => client.pragma("wal_checkpoint(PASSIVE)"));
  // Without the thread the WAL would only grow, so SQLite's automatic checkpoints take over.
  const failed = () => client.pragma("wal_autocheckpoint = 1000");

  return {
    committed() {
      commits += 1;
      if (isRunning || commits < commitsBetween) return;
      commits = 0;
      const held = look();
      if (held === null || (held.log - held.checkpointed) * frameBytes < checkpointBytes) return;
      isRunning = true;
      try {
        thread ??= startThread(file, { checkpointed, failed });
        thread.tell("checkpoint");
      } catch {
        failed();
      }
    },
    async [Symbol.asyncDispose]() {
      await thread?.end();
      // SQLite checkpoints on closing too, but not while another process is reading.
      checkpoint();
    },
  };
}

/**
 * What `ask` returns. Null if SQLite fails, as on a full or failing disk: what is in the WAL is safe, and it is tried
 * again.
 */
function attempt<Answer>(ask: () => Answer): Answer | null {
  try {
    return ask();
  } catch (error) {
    if (codeOf(error) === null) throw error;
    return null;
  }
}

type CheckpointThread = {
  readonly tell: (request: CheckpointRequest) => void;
  readonly end: () => Promise<void>;
};

function startThread(
  file: string,
  { checkpointed, failed }: { readonly checkpointed: () => void; readonly failed: () => void },
): CheckpointThread {
  const module = moduleUrl("./checkpoint-worker", import.meta.url);
  const worker = new Worker(module, { workerData: { file }, execArgv: [] });
  worker.unref();
  const exited = once(worker, "exit");
  // Rejects if the worker fails, which is handled below: here nobody awaits it.
  exited.catch(() => {});
  worker.on("message", checkpointed);
  worker.on("error", failed);
  const tell = (request: CheckpointRequest) => worker.postMessage(request);
  return {
    tell,
    async end() {
      worker.ref();
      // Not `terminate`: it crashes the process if the thread is still loading SQLite.
      tell("close");
      await exited.catch(() => {});
    },
  };
}
