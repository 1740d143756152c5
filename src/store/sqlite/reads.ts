import { Worker } from "node:worker_threads";
import { ReadTimeoutError, StorageUnavailableError } from "../../domain/failure.ts";
import { wrapMethods } from "../wrap-methods.ts";
import { mayTakeLong } from "../query-cost.ts";
import type { LogBounds, Reader, ReadTransaction } from "../reader.ts";
import { createFairLine } from "../fair-line.ts";
import type { ReadAnswer, ReadData, ReadRequest } from "./answer-reads.ts";

export type ReadsOptions = {
  readonly file: string;
  /** The module that calls `answerReads`. */
  readonly worker: URL;
  /** Reads on the calling thread, for questions that are known to be quick. */
  readonly here: Reader;
  /** Called with contents of deliveries that a thread cannot read; each new thread reports them again. */
  readonly onUnreadable: (error: Error) => void;
  /** How long one question may wait for a thread, and then how long it may take. */
  readonly timeoutMs: number;
  /** Most threads, including those that have been told to stop and have not yet. Past this, questions wait for one. */
  readonly maxWorkers: number;
  /** Most questions that wait; past this one is refused with OverloadedError. */
  readonly maxWaiting: number;
};

/**
 * Reads of both kinds, quick and slow. Disposing ends the threads, and refuses what they were asked and are asked
 * later.
 */
export type Reads = AsyncDisposable & {
  readonly reader: Reader;
  readonly begin: () => Promise<ReadTransaction>;
};

/**
 * Sends questions that may take long to worker threads, so that the event loop goes on: webhooks must be answered
 * within the second that Sentry allows, whatever is being counted. A read transaction has a thread for itself.
 */
export function createReads(options: ReadsOptions): Reads {
  const { here, timeoutMs, maxWorkers, maxWaiting } = options;
  const idle: Thread[] = [];
  const all = new Set<Thread>();
  const line = createFairLine<Thread>({ waitMs: timeoutMs, mostWaiting: maxWaiting });
  let isClosed = false;

  async function take(): Promise<Thread> {
    // Nobody would end a thread that is started by now.
    if (isClosed) throw closing();
    const free = idle.pop();
    if (free !== undefined) return free;
    return all.size < maxWorkers ? start() : line.wait();
  }

  /** @throws StorageUnavailableError if the system lets no more threads begin. */
  function start(): Thread {
    try {
      const thread = createThread(options);
      all.add(thread);
      return thread;
    } catch (cause) {
      throw new StorageUnavailableError("No thread could be started to read with.", { cause });
    }
  }

  /**
   * Hands the thread on once it is free. A new thread in its place before then would be one too many: a client that
   * repeats long questions could have any number.
   */
  async function giveBack(thread: Thread, free = thread.free()): Promise<void> {
    await free;
    if (!thread.isAlive()) all.delete(thread);
    const next = line.next();
    if (next !== undefined) next(thread.isAlive() ? thread : take());
    else if (thread.isAlive()) idle.push(thread);
  }

  async function ask(name: keyof Reader, args: readonly unknown[]): Promise<unknown> {
    const thread = await take();
    try {
      return await thread.ask({ ask: name, args, inMoment: false }, timeoutMs);
    } finally {
      void giveBack(thread);
    }
  }

  return {
    reader: wrapMethods(here, (askHere, args, name) =>
      mayTakeLong(name, args) ? ask(name, args) : askHere(...args),
    ),

    async begin() {
      const thread = await take();
      const ask = (name: keyof Reader, args: readonly unknown[]) =>
        thread.ask({ ask: name, args, inMoment: true }, timeoutMs);
      let bounds: Promise<LogBounds> | undefined;
      let isOver = false;
      return {
        ...wrapMethods(here, (_askHere, args, name) => ask(name, args)),
        // The same throughout the transaction.
        bounds: () => (bounds ??= ask("bounds", []) as Promise<LogBounds>),
        [Symbol.asyncDispose]: async () => {
          if (isOver) return;
          isOver = true;
          // Not awaited: the thread ends the transaction before it answers anything that is asked later.
          const free = thread.free();
          void thread.ask({ ask: "end" }, timeoutMs).catch(() => {});
          void giveBack(thread, free);
        },
      };
    },

    [Symbol.asyncDispose]: async () => {
      isClosed = true;
      line.refuse(closing());
      await Promise.all([...all].map((thread) => thread.end()));
    },
  };
}

function closing(): StorageUnavailableError {
  return new StorageUnavailableError("The store is closing.");
}

type Thread = {
  readonly ask: (question: Question, timeoutMs: number) => Promise<unknown>;
  readonly isAlive: () => boolean;
  /** Resolves once the thread works on no question, stopped ones included. */
  readonly free: () => Promise<void>;
  readonly end: () => Promise<void>;
};
type Question = ReadRequest extends infer Request
  ? Request extends unknown
    ? Omit<Request, "id">
    : never
  : never;

function createThread({ file, worker: module, onUnreadable }: ReadsOptions): Thread {
  const stopped = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(module, { workerData: { file, stopped } satisfies ReadData, execArgv: [] });
  // The thread does not keep the process alive.
  worker.unref();
  const asked = new Map<number, PromiseWithResolvers<unknown>>();
  /** Resolves once the thread has opened the database, or has ended. */
  const opened = Promise.withResolvers<void>();
  const exited = new Promise((resolve) => worker.once("exit", resolve));
  let isAlive = true;
  let last = 0;
  let answered = 0;
  let freed = Promise.withResolvers<void>();

  function die(error: Error): void {
    isAlive = false;
    opened.resolve();
    freed.resolve();
    for (const one of asked.values()) one.reject(error);
    asked.clear();
  }
  worker.on("message", (answer: ReadAnswer) => {
    if (answer.is === "open") return opened.resolve();
    if (answer.is === "unreadable") return onUnreadable(new Error(answer.message));
    answered = answer.id;
    if (answered === last) freed.resolve();
    const one = asked.get(answer.id);
    asked.delete(answer.id);
    switch (answer.is) {
      case "value":
        return one?.resolve(answer.value);
      case "unavailable":
        return one?.reject(new StorageUnavailableError(answer.message));
      case "fault":
        return one?.reject(new Error(answer.message));
    }
  });
  worker.on("error", (cause) =>
    die(new StorageUnavailableError("A thread that reads has failed.", { cause })),
  );
  worker.on("exit", () => die(new StorageUnavailableError("A thread that reads has ended.")));

  const free = () => (isAlive && answered < last ? freed.promise : Promise.resolve());
  return {
    ask(question, timeoutMs) {
      if (!isAlive) return Promise.reject(new StorageUnavailableError("A thread that reads has ended."));
      if (answered === last) freed = Promise.withResolvers();
      const answer = Promise.withResolvers<unknown>();
      const id = ++last;
      asked.set(id, answer);
      worker.postMessage({ ...question, id });
      let timer: ReturnType<typeof setTimeout> | undefined;
      void opened.promise.then(() => {
        if (!asked.has(id)) return;
        timer = setTimeout(() => {
          asked.delete(id);
          answer.reject(new ReadTimeoutError(`Not answered within ${timeoutMs} ms.`));
          Atomics.store(stopped, 0, id);
        }, timeoutMs);
      });
      return answer.promise.finally(() => clearTimeout(timer));
    },
    isAlive: () => isAlive,
    free,
    async end() {
      worker.ref();
      Atomics.store(stopped, 0, last);
      // Not `terminate`: it crashes the process if the thread is still loading SQLite, and waits for the end of a
      // statement.
      worker.postMessage({ id: ++last, ask: "close" } satisfies ReadRequest);
      await exited;
    },
  };
}
