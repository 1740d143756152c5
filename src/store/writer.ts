import type { IncomingDelivery } from "../domain/delivery.ts";
import { OverloadedError, StorageUnavailableError } from "../domain/failure.ts";
import type { Receipt } from "./store.ts";

export type WriterOptions = {
  /**
   * Writes the deliveries, and resolves with their receipts in the same order once all are on disk. If it rejects, some
   * may be on disk too.
   */
  readonly commit: (batch: readonly IncomingDelivery[]) => Promise<readonly Receipt[]>;
  /** Most deliveries in one transaction; a larger group has one for itself. */
  readonly maxBatch: number;
  /** Most deliveries that are not written yet; past this `append` rejects with OverloadedError. Without it, any number. */
  readonly maxWaiting?: number;
  /** Tries again after some failures. Without it every failure is final. */
  readonly retry?: {
    /** True for a failure that passes by itself within moments: another process holds the write lock. */
    readonly isBusy: (error: unknown) => boolean;
    /** How long a group waits for a busy database. */
    readonly forMs: number;
    /** The delay between two attempts. */
    readonly everyMs: number;
  };
};

export type Writer = {
  /**
   * Resolves once the deliveries are on disk, with a receipt for each. An empty group is written too, to find out
   * whether writing works.
   * @throws OverloadedError at once if the queue is full.
   * @throws StorageUnavailableError if not all were written, or if that is unknown. Those that were count as repeats
   * when they are sent again.
   */
  readonly append: (group: readonly IncomingDelivery[]) => Promise<readonly Receipt[]>;
  /** How many deliveries are not written yet. */
  readonly waiting: () => number;
  /** Resolves once nothing waits any more. */
  readonly flush: () => Promise<void>;
};

type Waiting = {
  readonly group: readonly IncomingDelivery[];
  readonly since: number;
  readonly resolve: (receipts: readonly Receipt[]) => void;
  readonly reject: (error: Error) => void;
};

/**
 * Group commit: what arrives while one transaction runs shares the next one. At low load every delivery is its own
 * transaction; under load one fsync pays for many.
 */
export function createWriter({ commit, maxBatch, maxWaiting = Infinity, retry }: WriterOptions): Writer {
  const waiting: Waiting[] = [];
  let count = 0;
  let draining: Promise<void> | null = null;

  /** Takes from the queue what the next transaction writes: at least one group. */
  function take(): Waiting[] {
    let size = waiting[0]!.group.length;
    let groups = 1;
    while (groups < waiting.length && size + waiting[groups]!.group.length <= maxBatch)
      size += waiting[groups++]!.group.length;
    return waiting.splice(0, groups);
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      // Waits one turn of the event loop, so that what arrives together shares a transaction.
      await new Promise((resolve) => setImmediate(resolve));
      const taken = take();
      const batch = taken.flatMap(({ group }) => group);
      const written = await write(batch, taken[0]!.since);
      count -= batch.length;
      let at = 0;
      for (const { group, resolve, reject } of taken) {
        if (written instanceof Error) reject(written);
        else resolve(written.slice(at, (at += group.length)));
      }
    }
    draining = null;
  }

  async function write(
    batch: readonly IncomingDelivery[],
    since: number,
  ): Promise<readonly Receipt[] | Error> {
    for (;;) {
      try {
        return await commit(batch);
      } catch (cause) {
        if (retry === undefined || !retry.isBusy(cause) || performance.now() - since >= retry.forMs)
          return new StorageUnavailableError("The delivery could not be written.", { cause });
        await new Promise((resolve) => setTimeout(resolve, retry.everyMs));
      }
    }
  }

  return {
    append(group) {
      if (count + group.length > maxWaiting)
        return Promise.reject(new OverloadedError(`More than ${maxWaiting} deliveries wait to be written.`));
      count += group.length;
      return new Promise((resolve, reject) => {
        waiting.push({ group, since: performance.now(), resolve, reject });
        draining ??= drain();
      });
    },
    waiting: () => count,
    flush: () => draining ?? Promise.resolve(),
  };
}
