import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { IncomingDelivery } from "../../domain/delivery.ts";
import { OverloadedError, StorageUnavailableError } from "../../domain/failure.ts";
import type { Retention } from "../retention.ts";
import type { Receipt } from "../store.ts";
import type { Instance, Loss } from "./instance.ts";
import { toWire, type Wire } from "./wire.ts";
import type { Committed, WriteAnswer, WriteData, WriteRequest } from "./answer-writes.ts";

type WriteThreadOptions = {
  readonly file: string;
  /** The module that calls `answerWrites`. */
  readonly module: URL;
  /** Null if only commands erase. */
  readonly retention: Retention | null;
  /** Most deliveries in one transaction. */
  readonly maxBatch: number;
  /** Most deliveries that are not written yet. */
  readonly maxWaiting: number;
  /** How long a delivery waits while another process holds the database's lock. */
  readonly giveUpMs: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Called once a transaction is on disk, before its deliveries' `append` resolves. */
  readonly committed: (committed: Committed) => void;
  /** Called when a transaction fails. */
  readonly failed: (error: Error) => void;
  /** Called when what is too old could not be dropped; it is tried again. */
  readonly notDropped: (error: Error) => void;
  /** Called with contents of deliveries that cannot be read; they count as gone. */
  readonly onUnreadable: (error: Error) => void;
  /** Called when the thread ends through a fault of this program: nothing can be written any more. */
  readonly ended: (error: Error) => void;
};

/** The thread that writes, and its queue. */
type WriteThread = AsyncDisposable & {
  readonly instance: Instance;
  /** What the database has lost, as its instance file tells; null if its log goes on, or is new. */
  readonly loss: Loss | null;
  /**
   * Resolves once the delivery is on disk.
   * @throws OverloadedError at once if the queue is full.
   * @throws StorageUnavailableError if it could not be written, or that cannot be known.
   */
  readonly append: (delivery: IncomingDelivery) => Promise<Receipt>;
  /**
   * Tries whether anything can be written, by a write that changes nothing.
   * @throws StorageUnavailableError if it cannot.
   */
  readonly probe: () => Promise<void>;
  /** How many deliveries are not written yet. */
  readonly waiting: () => number;
  /** Resolves once nothing waits any more. */
  readonly flush: () => Promise<void>;
};

/**
 * The size of a group that is sent while the thread is writing. The thread finds the group when it is done, and need
 * not wait for this thread, which has other things to do. Smaller groups would take more messages, which have their
 * cost.
 */
const groupSize = 32;

/** Settles the `append` of one delivery. */
type Waiting = { readonly resolve: (receipt: Receipt) => void; readonly reject: (error: Error) => void };

type PendingAnswer = {
  readonly resolve: (answer: WriteAnswer) => void;
  readonly reject: (error: Error) => void;
};

/**
 * Starts the thread and opens the database in it.
 * @throws Error that says what is wrong with the file and what to do.
 */
export async function startWriteThread({
  module,
  maxWaiting,
  now,
  committed,
  failed,
  notDropped,
  onUnreadable,
  ended,
  ...workerData
}: WriteThreadOptions): Promise<WriteThread> {
  const worker = new Worker(module, { workerData: workerData satisfies WriteData, execArgv: [] });
  const opening = Promise.withResolvers<WriteAnswer>();
  const asked = new Map<number, PendingAnswer>([[0, opening]]);
  let lastRequest = 0;
  let isGone = false;
  let isOpen = false;

  const gone = (cause?: unknown) => {
    if (isGone) return;
    isGone = true;
    const error = new StorageUnavailableError("The thread that writes has ended.", { cause });
    for (const { reject } of asked.values()) reject(error);
    asked.clear();
    if (isOpen) ended(error);
  };
  worker.on("message", (answer: WriteAnswer) => {
    if (answer.is === "committed") return committed(answer);
    if (answer.is === "not dropped") return notDropped(new StorageUnavailableError(answer.message));
    if (answer.is === "unreadable") return onUnreadable(new Error(answer.message));
    const waiting = asked.get(answer.to);
    asked.delete(answer.to);
    // It keeps the process alive only while it is asked something.
    if (asked.size === 0) worker.unref();
    waiting?.resolve(answer);
  });
  worker.on("error", gone);
  worker.on("exit", () => gone());

  function ask(request: WriteRequest, transfer: readonly ArrayBuffer[] = []): Promise<WriteAnswer> {
    if (isGone) return Promise.reject(new StorageUnavailableError("The thread that writes has ended."));
    if (asked.size === 0) worker.ref();
    const { promise, ...settle } = Promise.withResolvers<WriteAnswer>();
    asked.set((lastRequest += 1), settle);
    worker.postMessage({ ...request, number: lastRequest }, transfer);
    return promise;
  }

  const opened = await opening.promise;
  if (opened.is !== "open") {
    await worker.terminate();
    throw new Error(opened.is === "not open" ? opened.message : "The database could not be opened.");
  }

  isOpen = true;

  /** The deliveries that are not sent to the thread yet, and who waits for each. */
  let gathered: IncomingDelivery[] = [];
  let gathering: Waiting[] = [];
  let waiting = 0;
  let writing = 0;
  let flushed = Promise.withResolvers<void>();

  function send(): void {
    if (gathering.length === 0) return;
    const [batch, group] = [toWire(gathered), gathering];
    // Lets go of what is sent: it may be garbage before the collector has to move it.
    gathered = [];
    gathering = [];
    void write(batch, group);
  }

  async function write(batch: Wire, group: readonly Waiting[]): Promise<void> {
    writing += 1;
    let answer: WriteAnswer;
    try {
      answer = await ask({ is: "write", batch, at: now() }, [batch.bodies.buffer]);
    } catch (error) {
      answer = { is: "not written", to: 0, message: String(error) };
    }
    // What has gathered is sent before this group is answered.
    writing -= 1;
    send();
    waiting -= group.length;
    if (waiting === 0) flushed.resolve();
    if (answer.is === "written") {
      for (const [index, { resolve }] of group.entries()) resolve(answer.receipts[index]!);
      return;
    }
    const message = answer.is === "not written" ? answer.message : "Not written.";
    const error = new StorageUnavailableError(message);
    failed(error);
    for (const { reject } of group) reject(error);
  }

  return {
    instance: opened.instance,
    loss: opened.loss,
    append(delivery) {
      if (waiting >= maxWaiting)
        return Promise.reject(new OverloadedError(`More than ${maxWaiting} deliveries wait to be written.`));
      if (waiting === 0) flushed = Promise.withResolvers();
      waiting += 1;
      return new Promise((resolve, reject) => {
        gathered.push(delivery);
        gathering.push({ resolve, reject });
        if (gathering.length >= (writing === 0 ? workerData.maxBatch : groupSize)) send();
        // Sent one turn of the event loop later, so that requests that arrived together are written together.
        else if (gathering.length === 1 && writing === 0) setImmediate(send);
      });
    },
    async probe() {
      const answer = await ask({ is: "probe" });
      if (answer.is === "not written") throw new StorageUnavailableError(answer.message);
    },
    waiting: () => waiting,
    flush: () => (waiting === 0 ? Promise.resolve() : flushed.promise),
    [Symbol.asyncDispose]: async () => {
      isOpen = false;
      if (isGone) return;
      const exited = once(worker, "exit");
      await ask({ is: "close" }).catch(() => worker.terminate());
      // The answer has unref'd the thread, but its end is awaited.
      worker.ref();
      await exited;
    },
  };
}
