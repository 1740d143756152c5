import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { OverloadedError, StorageUnavailableError } from "../domain/failure.ts";
import type { Payload } from "./payload.ts";

/** Reads large bodies away from the thread that everybody waits for. */
export type ParsePool = AsyncDisposable & {
  /**
   * The body's payload. The bytes are copied; the caller's stay as they are.
   * @throws OverloadedError when too much is waiting, or when its turn had not come by `deadline` (a `performance.now()`).
   * @throws StorageUnavailableError when two workers died of it, or the pool was disposed.
   */
  read(bytes: Uint8Array, deadline: number): Promise<Payload>;
};

type Job = {
  readonly bytes: Uint8Array;
  readonly deadline: number;
  readonly resolve: (payload: Payload) => void;
  readonly reject: (error: Error) => void;
  /** Workers that died with it. */
  deaths: number;
};

/** A worker that dies may have been killed by the system for another's sake, so its body is read once more. */
const maxDeaths = 2;

/**
 * Starts workers as they are needed, and the first of them at once where `isWarm`. None keeps the process alive. A worker
 * that dies is replaced when the next body comes.
 */
export function createParsePool({
  maxWorkers = 2,
  maxWaitingBytes = 32 * 1024 * 1024,
  isWarm = false,
  startWorker = startParseWorker,
}: {
  readonly maxWorkers?: number;
  /** Of the bodies that no worker has begun with. */
  readonly maxWaitingBytes?: number;
  /** A worker takes a tenth of a second to start, and on a busy machine longer than Sentry waits. */
  readonly isWarm?: boolean;
  readonly startWorker?: () => Worker;
} = {}): ParsePool {
  const idle: Worker[] = [];
  /** Every live worker, with what it is reading. */
  const workers = new Map<Worker, Job | null>();
  const waiting: Job[] = [];
  let isDisposed = false;

  function start(): Worker {
    const worker = startWorker();
    workers.set(worker, null);
    worker.on("message", (payload: Payload) => {
      workers.get(worker)?.resolve(payload);
      workers.set(worker, null);
      idle.push(worker);
      dispatch();
    });
    // What killed it matters less than that it is gone, which `exit` says in every case.
    let cause: unknown;
    worker.on("error", (error) => (cause = error));
    worker.on("messageerror", (error) => {
      cause = error;
      void worker.terminate();
    });
    worker.on("exit", () => {
      const job = workers.get(worker);
      workers.delete(worker);
      if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1);
      if (job) retry(job, cause);
      dispatch();
    });
    // After the listeners, which would undo it.
    worker.unref();
    return worker;
  }

  function retry(job: Job, cause: unknown): void {
    job.deaths++;
    if (isDisposed || job.deaths >= maxDeaths) {
      job.reject(new StorageUnavailableError("The body could not be read: its worker died.", { cause }));
    } else {
      waiting.unshift(job);
    }
  }

  function dispatch(): void {
    while (waiting.length > 0 && (idle.length > 0 || workers.size < maxWorkers)) {
      const job = waiting.shift()!;
      if (performance.now() >= job.deadline) {
        job.reject(new OverloadedError("Too many large bodies came before this one."));
        continue;
      }
      let worker: Worker;
      try {
        worker = idle.pop() ?? start();
      } catch (cause) {
        job.reject(new StorageUnavailableError("No thread could be started to read the body.", { cause }));
        continue;
      }
      workers.set(worker, job);
      // One copy, handed over: the caller still has to keep the bytes.
      const copy = new Uint8Array(job.bytes);
      worker.postMessage(copy, [copy.buffer]);
    }
  }

  if (isWarm) idle.push(start());

  return {
    read(bytes, deadline) {
      const waitingBytes = waiting.reduce((sum, job) => sum + job.bytes.byteLength, 0);
      if (isDisposed) return Promise.reject(new StorageUnavailableError("The gateway is stopping."));
      if (waitingBytes >= maxWaitingBytes) {
        return Promise.reject(new OverloadedError("Too many large bodies are waiting to be read."));
      }
      return new Promise((resolve, reject) => {
        waiting.push({ bytes, deadline, resolve, reject, deaths: 0 });
        dispatch();
      });
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      for (const job of waiting.splice(0))
        job.reject(new StorageUnavailableError("The gateway is stopping."));
      await Promise.all([...workers.keys()].map((worker) => worker.terminate()));
    },
  };
}

function startParseWorker(): Worker {
  // `.ts` as it stands in the sources, `.js` in the package.
  const file = new URL(`./parse-worker${extname(import.meta.url)}`, import.meta.url);
  return new Worker(file, {
    // Enough for any body that is let in; a worker that needs more dies alone.
    resourceLimits: { maxOldGenerationSizeMb: 256 },
    // Those of the process may not fit a worker: --input-type, --inspect-brk.
    execArgv: [],
  });
}
