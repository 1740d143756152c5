import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../src/domain/event.ts";
import { follow } from "../../src/stream/follow.ts";
import { createWindow } from "../../src/stream/window.ts";
import { entries, entry, memoryLog, seqs } from "./entries.ts";

async function take(iterator: AsyncIterator<LogEntry>, count: number): Promise<number[]> {
  const taken: LogEntry[] = [];
  while (taken.length < count) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    taken.push(value);
  }
  return seqs(taken)!;
}

describe("a follower", () => {
  it("reads the store behind the window and goes on in the window without a gap or a repeat", async () => {
    const log = memoryLog(entries(1, 25));
    const window = createWindow(20, 100);
    window.add(entries(21, 25));
    const following = follow(3, { window, log, pageSize: 4 });
    expect(await take(following, 22)).toEqual(Array.from({ length: 22 }, (_, index) => index + 4));
    await following.return!();
  });

  it("does not read the store for what the window has", async () => {
    const log = memoryLog(entries(1, 25));
    const window = createWindow(20, 100);
    window.add(entries(21, 25));
    const following = follow(20, { window, log, pageSize: 100 });
    expect(await take(following, 5)).toEqual([21, 22, 23, 24, 25]);
    expect(log.reads).toBe(0);
    await following.return!();
  });

  it("starts with the next entry when it has no position, counted from the moment it is made", async () => {
    const window = createWindow(5, 100);
    const following = follow(null, { window, log: memoryLog(), pageSize: 100 });
    window.add([entry(6)]);
    expect(await take(following, 1)).toEqual([6]);
    await following.return!();
  });

  it("misses no entry that goes in while it reads", async () => {
    const window = createWindow(5, 100);
    const log = {
      // The page is decided; now the entry goes in and the bell rings, before the follower waits for it.
      async entriesAfter(): Promise<LogEntry[]> {
        if (window.newest === 5) window.add([entry(6)]);
        return [];
      },
    };
    const following = follow(4, { window, log, pageSize: 100 });
    const next = following.next();
    // Nothing else rings: a follower that lost this ring would wait for ever, so what it does next is scripted.
    log.entriesAfter = async () => [entry(5), entry(6)];
    expect((await next).value.event.seq).toBe(5);
    await following.return!();
  });

  it("ends at once when returned while it waits for the next entry", async () => {
    const following = follow(null, { window: createWindow(0, 10), log: memoryLog(), pageSize: 10 });
    const waiting = following.next();
    await following.return!();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it("ends at once when its signal aborts while it waits for the next entry", async () => {
    const stop = new AbortController();
    const following = follow(
      null,
      { window: createWindow(0, 10), log: memoryLog(), pageSize: 10 },
      stop.signal,
    );
    const waiting = following.next();
    stop.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it("leaves nothing on a signal that outlives it", async () => {
    const signal = new AbortController().signal;
    let listeners = 0;
    const counting = Object.assign(Object.create(signal) as AbortSignal, {
      addEventListener: () => (listeners += 1),
      removeEventListener: () => (listeners -= 1),
    });
    const following = follow(null, { window: createWindow(0, 10), log: memoryLog(), pageSize: 10 }, counting);
    expect(listeners).toBe(1);
    await following.return!();
    expect(listeners).toBe(0);
  });
});
