import { setImmediate as turnOfLoop } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import { OverloadedError, StorageUnavailableError } from "../../src/domain/failure.ts";
import type { Receipt } from "../../src/store/store.ts";
import { createWriter, type Writer, type WriterOptions } from "../../src/store/writer.ts";
import { told } from "./deliveries.ts";

const busy = new Error("busy");
const broken = new Error("broken");

const retry = { isBusy: (error: unknown) => error === busy, forMs: 10_000, everyMs: 1 };

/** A writer of a store that does what the script says, commit by commit; then it writes. */
function writerOf(script: readonly Error[], options: Partial<WriterOptions> = {}) {
  const batches: number[] = [];
  let written = 0;
  const writer = createWriter({
    commit: async (batch: readonly IncomingDelivery[]): Promise<readonly Receipt[]> => {
      batches.push(batch.length);
      const failure = script[batches.length - 1];
      if (failure !== undefined) throw failure;
      return batch.map(() => ({ delivery: ++written, outcome: "APPLIED", position: written }));
    },
    maxBatch: 3,
    maxWaiting: 10,
    retry,
    ...options,
  });
  return Object.assign(writer, { batches });
}

async function append(writer: Pick<Writer, "append">): Promise<Receipt> {
  const [receipt] = await writer.append([told()]);
  return receipt!;
}

describe("a writer", () => {
  it("writes what waits together in one batch, up to the largest, and answers in order", async () => {
    const writer = writerOf([]);
    const receipts = await Promise.all(Array.from({ length: 7 }, () => append(writer)));
    expect(receipts.map(({ delivery }) => delivery)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(writer.batches).toEqual([3, 3, 1]);
  });

  it("leaves together what came together", async () => {
    const writer = writerOf([]);
    const groups = [1, 1, 2, 4, 1].map((size) => writer.append(Array.from({ length: size }, () => told())));
    const receipts = await Promise.all(groups);
    expect(receipts.map((group) => group.map(({ delivery }) => delivery))).toEqual([
      [1],
      [2],
      [3, 4],
      [5, 6, 7, 8],
      [9],
    ]);
    expect(writer.batches).toEqual([2, 2, 4, 1]);
  });

  it("tries again while the store is busy, and loses nothing by it", async () => {
    const writer = writerOf([busy, busy]);
    expect((await append(writer)).delivery).toBe(1);
    expect(writer.batches).toEqual([1, 1, 1]);
  });

  it("leaves some time between two tries", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    try {
      const writer = writerOf([busy], { retry: { ...retry, everyMs: 50 } });
      const appended = append(writer);
      for (let turn = 0; turn < 20; turn += 1) await turnOfLoop();
      vi.advanceTimersByTime(49);
      for (let turn = 0; turn < 20; turn += 1) await turnOfLoop();
      expect(writer.batches).toEqual([1]);
      vi.advanceTimersByTime(1);
      expect((await appended).delivery).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it("gives up on a store that stays busy", async () => {
    const writer = writerOf([busy, busy, busy], { retry: { ...retry, forMs: 0 } });
    await expect(append(writer)).rejects.toThrow(StorageUnavailableError);
    expect(writer.batches).toEqual([1]);
  });

  it("refuses the batch that failed, and goes on with the next", async () => {
    const writer = writerOf([broken]);
    const appended = Array.from({ length: 4 }, () => append(writer));
    const settled = await Promise.allSettled(appended);
    expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "fulfilled"]);
  });

  it("refuses what is more than may wait", async () => {
    const writer = writerOf([], { maxWaiting: 1 });
    const first = append(writer);
    await expect(append(writer)).rejects.toThrow(OverloadedError);
    await first;
    await writer.flush();
    expect(writer.waiting()).toBe(0);
  });

  it("finds out with an empty batch whether it can write, and writes what comes meanwhile after it", async () => {
    const writer = writerOf([broken]);
    await expect(writer.append([])).rejects.toThrow(StorageUnavailableError);
    const probing = writer.append([]);
    await new Promise(setImmediate);
    const appended = append(writer);
    await probing;
    expect((await appended).delivery).toBe(1);
    expect(writer.batches).toEqual([0, 0, 1]);
  });

  it("is flushed once what came while it found that out is written, whatever it found", async () => {
    const empty = Promise.withResolvers<readonly Receipt[]>();
    const writer = writerOf([], {
      commit: async (batch) =>
        batch.length === 0 ? empty.promise : [{ delivery: 1, outcome: "APPLIED", position: 1 }],
    });
    const failed = expect(writer.append([])).rejects.toThrow();
    await new Promise(setImmediate);
    const appended = append(writer);
    const flushed = writer.flush();
    empty.reject(broken);
    await failed;
    await flushed;
    expect(writer.waiting()).toBe(0);
    expect((await appended).delivery).toBe(1);
  });
});
