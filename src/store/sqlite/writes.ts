import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { IncomingDelivery } from "../../domain/delivery.ts";
import { StorageUnavailableError } from "../../domain/failure.ts";
import type { Instance } from "./instance.ts";
import type { Retention } from "./retention.ts";
import { pack } from "./wire.ts";
import type { WriteAnswer, WriteRequest } from "./write-worker.ts";

export type Written = Extract<WriteAnswer, { is: "written" }>;

/** Another process holds the database's lock; it may let go of it within moments. */
export class BusyError extends Error {
  override readonly name = "BusyError";
}

/** The thread that writes. One batch at a time. */
export type Writes = AsyncDisposable & {
  readonly instance: Instance;
  /**
   * Resolves once the batch is on disk. An empty one writes something that changes nothing.
   * @throws BusyError when another process was writing.
   * @throws StorageUnavailableError when nothing was written, or that cannot be known.
   */
  readonly write: (batch: readonly IncomingDelivery[], committedAt: number) => Promise<Written>;
};

/**
 * Starts the thread and opens the database in it.
 * @throws Error that says what is wrong with the file and what to do.
 */
export async function startWrites(file: string, module: URL, retention: Retention): Promise<Writes> {
  const worker = new Worker(module, { workerData: { file, retention } });
  let asked: PromiseWithResolvers<WriteAnswer> | null = Promise.withResolvers();
  const opening = asked.promise;
  let isGone = false;

  const gone = (cause?: unknown) => {
    isGone = true;
    asked?.reject(new StorageUnavailableError("The thread that writes has ended.", { cause }));
    asked = null;
  };
  worker.on("message", (answer: WriteAnswer) => {
    const waiting = asked;
    asked = null;
    waiting?.resolve(answer);
  });
  worker.on("error", gone);
  worker.on("exit", () => gone());

  function ask(request: WriteRequest): Promise<WriteAnswer> {
    if (isGone) return Promise.reject(new StorageUnavailableError("The thread that writes has ended."));
    asked = Promise.withResolvers();
    worker.postMessage(request, request.is === "write" ? [request.batch.bodies.buffer] : []);
    return asked.promise;
  }

  const opened = await opening;
  if (opened.is !== "open") {
    await worker.terminate();
    throw new Error(opened.is === "not open" ? opened.message : "The database could not be opened.");
  }
  // It keeps the process alive only while it is asked something.
  worker.unref();
  return {
    instance: opened.instance,
    async write(batch, committedAt) {
      worker.ref();
      const answer = await ask({ is: "write", batch: pack(batch), committedAt }).finally(() =>
        worker.unref(),
      );
      switch (answer.is) {
        case "written":
          return answer;
        case "busy":
          throw new BusyError("Another process is writing the database.");
        default:
          throw new StorageUnavailableError(answer.is === "failed" ? answer.message : "Not written.");
      }
    },
    [Symbol.asyncDispose]: async () => {
      if (isGone) return;
      worker.ref();
      const exited = once(worker, "exit");
      await ask({ is: "close" }).catch(() => worker.terminate());
      await exited;
    },
  };
}
