import type { IncomingDelivery } from "../domain/delivery.ts";
import { OverloadedError, StorageUnavailableError } from "../domain/failure.ts";
import type { Receipt } from "./store.ts";

export type WriterOptions = {
  /**
   * Writes the deliveries in one transaction, and resolves with their receipts in the same order once it is on disk.
   * It rejects with nothing written, or with it unknown whether anything was.
   */
  readonly commit: (batch: readonly IncomingDelivery[]) => Promise<readonly Receipt[]>;
  /** True for a failure that passes by itself within moments: another process holds the write lock. */
  readonly isBusy: (error: unknown) => boolean;
  /** Most deliveries in one transaction. */
  readonly maxBatch: number;
  /** Most deliveries waiting; past this `append` rejects with OverloadedError. */
  readonly maxWaiting: number;
  /** How long a delivery waits for a busy database. */
  readonly giveUpMs: number;
  /** How long between two tries. */
  readonly retryMs: number;
};

export type Writer = {
  /**
   * Resolves once the delivery is on disk.
   * @throws OverloadedError when the queue is full, at once.
   * @throws StorageUnavailableError when it could not be written, or that cannot be known.
   */
  readonly append: (delivery: IncomingDelivery) => Promise<Receipt>;
  /** Commits an empty batch, if nothing is being written: whether that works is whether anything would. */
  readonly probe: () => Promise<void>;
  /** How many wait. */
  readonly waiting: () => number;
  /** Resolves once nothing waits any more. */
  readonly flush: () => Promise<void>;
};

type Waiting = {
  readonly delivery: IncomingDelivery;
  readonly since: number;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: Error) => void;
};

/**
 * Group commit: deliveries that arrive while one transaction runs share the next one. At low load every delivery is its
 * own transaction; under load one sync to disk pays for many.
 */
export function createWriter({
  commit,
  isBusy,
  maxBatch,
  maxWaiting,
  giveUpMs,
  retryMs,
}: WriterOptions): Writer {
  const waiting: Waiting[] = [];
  let draining: Promise<void> | null = null;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      // One turn of the event loop: requests that arrived together come in together.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = waiting.slice(0, maxBatch);
      try {
        const receipts = await commit(batch.map(({ delivery }) => delivery));
        waiting.splice(0, batch.length);
        for (const [index, one] of batch.entries()) one.resolve(receipts[index]!);
      } catch (error) {
        if (isBusy(error) && performance.now() - batch[0]!.since < giveUpMs) {
          await new Promise((resolve) => setTimeout(resolve, retryMs));
          continue;
        }
        waiting.splice(0, batch.length);
        const cause = new StorageUnavailableError("The delivery could not be written.", { cause: error });
        for (const one of batch) one.reject(cause);
      }
    }
    draining = null;
  }

  return {
    append(delivery) {
      if (waiting.length >= maxWaiting)
        return Promise.reject(new OverloadedError(`More than ${maxWaiting} deliveries wait to be written.`));
      return new Promise((resolve, reject) => {
        waiting.push({ delivery, since: performance.now(), resolve, reject });
        draining ??= drain();
      });
    },
    async probe() {
      if (draining !== null) return draining;
      // Takes the writer's turn, so that nothing else is committed meanwhile.
      draining = commit([]).then(() => {});
      try {
        await draining;
      } finally {
        draining = waiting.length > 0 ? drain() : null;
      }
    },
    waiting: () => waiting.length,
    flush: () => draining ?? Promise.resolve(),
  };
}
