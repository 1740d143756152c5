import { Worker } from "node:worker_threads";
import { OverloadedError, StorageUnavailableError } from "../domain/failure.ts";
import { moduleUrl } from "../program/module-url.ts";
import type { Payload } from "./payload.ts";

/** Reads large bodies in worker threads, so that they do not block the event loop. */
export type ParsePool = AsyncDisposable & {
  /**
   * Reads a body. The bytes are copied; the caller's stay as they are.
   * @throws OverloadedError if too much is waiting, or if its turn had not come by `deadline` (a `performance.now()`).
   * @throws StorageUnavailableError if two workers died of it, no thread could be started or the pool was disposed.
   */
  read(bytes: Uint8Array, deadline: number): Promise<Payload>;
};

type Job = {
  readonly bytes: Uint8Array;
  readonly deadline: number;
  readonly resolve: (payload: Payload) => void;
  readonly reject: (error: Error) => void;
  /** Workers that died while they read it. */
  deaths: number;
};

/** The system may have killed a worker for reasons other than the body, so its body is read once more. */
const maxDeaths = 2;

/**
 * Creates a pool that starts workers on demand, and the first one at once if `isWarm`. Workers do not keep the process
 * alive. One that dies is replaced for the next body.
 */
export function createParsePool({
  maxWorkers = 2,
  maxWaitingBytes = 32 * 1024 * 1024,
  isWarm = false,
  startWorker = startParseWorker,
}: {
  readonly maxWorkers?: number;
  /** Of the bodies that no worker has begun to read. */
  readonly maxWaitingBytes?: number;
  /** A worker takes a tenth of a second to start, and on a busy machine longer than Sentry waits. */
  readonly isWarm?: boolean;
  readonly startWorker?: () => Worker;
} = {}): ParsePool {
  const idle: Worker[] = [];
  /** Every live worker, with what it is reading; null while it is idle. */
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
    // `exit` comes in every case, and the job is handled there; `error` only tells the cause.
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
    // After adding the listeners, which would undo it.
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
      // Copied once and transferred: the caller still needs the bytes.
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
  return new Worker(moduleUrl("./parse-worker", import.meta.url), {
    // Enough for any body that WEBHOOK_MAX_BYTES may let in. A worker that needs more may end the whole process.
    resourceLimits: { maxOldGenerationSizeMb: 256 },
    // Those of the process may not be valid for a worker: --input-type, --inspect-brk.
    execArgv: [],
  });
}
