import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { CheckpointRequest } from "./checkpoint-worker.ts";
import type { Connection } from "./connection.ts";
import { codeOf } from "./error.ts";

export type Checkpoints = AsyncDisposable & {
  /** To be called after a commit, outside of any transaction. It does not throw, for what is committed stays so. */
  readonly committed: () => void;
};

/** How often the WAL is looked at. */
const commitsBetween = 32;

export type CheckpointLimits = {
  /** How much is committed between two checkpoints. Each syncs the database file, and the commits beside it wait. */
  readonly checkpointBytes: number;
  /** A WAL that holds more than this is brought to its end, so that SQLite begins it anew. */
  readonly largeWalBytes: number;
};

/** Measured at 2,000 webhooks/s: with checkpoints of 16 MB the slowest hundredth waits half as long again. */
const limitsOfGateway: CheckpointLimits = {
  checkpointBytes: 4 * 1024 * 1024,
  largeWalBytes: 16 * 1024 * 1024,
};

/** What the pragma says of the WAL; a frame is a page and 24 bytes before it (https://sqlite.org/walformat.html). */
type Frames = { readonly log: number; readonly checkpointed: number };

/**
 * Moves commits from the WAL into the database file on a thread of its own: a checkpoint syncs twice, and webhooks wait
 * for the writer's. The thread begins with the first checkpoint; a quiet gateway has none.
 *
 * Under a steady load there is always one more commit than the last checkpoint saw, and the WAL would grow for ever. So
 * once it is large the writer itself moves the little that is left, and SQLite then starts it from its beginning. The
 * file keeps its size meanwhile, so that only SQLite knows how much of it is in use.
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
  // Without the thread the WAL only grows; SQLite's own way is better than that.
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
      // SQLite does it at the end too, but not while another process is reading.
      checkpoint();
    },
  };
}

/** What SQLite answers; null where it does not, for the disk is full or fails: what is in the WAL is safe, and it is tried again. */
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
  // `.ts` as it stands in the sources, `.js` in the package.
  const module = new URL(`./checkpoint-worker${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(module, { workerData: { file }, execArgv: [] });
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
