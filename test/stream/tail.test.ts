import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../src/domain/event.ts";
import { createBell } from "../../src/stream/bell.ts";
import { createSource } from "../../src/stream/source.ts";
import { startTail } from "../../src/stream/tail.ts";
import { entries, entry, memoryLog, seqs } from "./entries.ts";

const report = { tailFailed: () => {} };
const options = () => ({ report, bell: createBell(), pollMs: 60_000, windowSize: 100 });

describe("the tail", () => {
  it("begins at the end of the log", async () => {
    await using tail = await startTail({ ...options(), log: memoryLog(entries(1, 7)) });
    expect(tail.window.newest).toBe(7);
    expect(tail.window.after(6, 10)).toBeNull();
  });

  it("reads no entries while nobody follows, and knows where the log ends", async () => {
    const log = memoryLog(entries(1, 7));
    const bell = createBell();
    await using tail = await startTail({ ...options(), bell, log });
    const heard = tail.window.bell.rings;
    log.stored.push(entry(8), entry(9));
    bell.ring();
    await tail.window.bell.after(heard, new AbortController().signal);
    expect([tail.window.newest, log.reads]).toEqual([9, 0]);
  });

  it("loses nothing for one who begins to follow while it finds out where the log ends", async () => {
    const log = memoryLog(entries(1, 7));
    const bell = createBell();
    await using tail = await startTail({ ...options(), bell, log });
    const bounds = log.bounds.bind(log);
    const late = { position: -1 };
    log.bounds = async () => {
      const found = await bounds();
      // It is decided that nobody follows; now somebody does, at the position of before.
      if (late.position < 0) {
        late.position = tail.window.newest;
        tail.window.join();
      }
      return found;
    };
    log.stored.push(entry(8));
    bell.ring();
    await tail.window.bell.after(0, new AbortController().signal);
    const part = await createSource({ window: tail.window, log }).after(late.position, {});
    expect([late.position, part?.entries]).toEqual([7, [entry(8)]]);
  });

  it("lets nobody read what was read of an issue before it was forgotten, whoever followed then", async () => {
    const of = (seq: number, issueId: string, role = "report") =>
      ({ event: { seq, issueId, role } }) as LogEntry;
    for (const isFollowed of [true, false]) {
      const log = memoryLog([of(1, "a"), of(2, "b"), of(3, "a"), of(4, "a")]);
      const bell = createBell();
      await using tail = await startTail({ ...options(), bell, log });
      const source = createSource({ window: tail.window, log, pageSize: 2 });
      expect(seqs((await source.after(0, {}))!.entries)).toEqual([1, 2]);
      const following = isFollowed ? tail.window.join() : null;
      const heard = tail.window.bell.rings;
      log.stored.splice(1, 1);
      log.stored.push(of(5, "b", "forgotten"));
      bell.ring();
      await tail.window.bell.after(heard, new AbortController().signal);
      expect(seqs((await source.after(0, {}))!.entries)).toEqual([1]);
      following?.[Symbol.dispose]();
    }
  });

  it("leaves one behind that has not come to what was dropped for its age, also where that was never read here", async () => {
    const log = memoryLog(entries(1, 7));
    const bell = createBell();
    await using tail = await startTail({ ...options(), bell, log });
    const source = createSource({ window: tail.window, log });
    using _following = tail.window.join();
    const heard = tail.window.bell.rings;
    log.stored.push(entry(10), entry(11));
    log.oldest = 9;
    bell.ring();
    await tail.window.bell.after(heard, new AbortController().signal);
    await expect.poll(() => tail.window.newest).toBe(11);
    expect(await source.after(7, {})).toBeNull();
    expect(seqs((await source.after(9, {}))!.entries)).toEqual([10, 11]);
  });

  it("reads what was committed when it is rung, and still has what it read of the same issue before", async () => {
    const log = memoryLog(entries(1, 7));
    const bell = createBell();
    await using tail = await startTail({ ...options(), bell, log });
    using _following = tail.window.join();
    for (const seq of [8, 9]) {
      const heard = tail.window.bell.rings;
      log.stored.push(entry(seq));
      bell.ring();
      await tail.window.bell.after(heard, new AbortController().signal);
    }
    expect(seqs(tail.window.after(7, 10))).toEqual([8, 9]);
  });

  it("reads on without being rung, because a ring can be lost", async () => {
    const log = memoryLog();
    await using tail = await startTail({ ...options(), log, pollMs: 1 });
    using _following = tail.window.join();
    const heard = tail.window.bell.rings;
    log.stored.push(entry(1));
    await tail.window.bell.after(heard, new AbortController().signal);
    expect(tail.window.newest).toBe(1);
  });

  it("misses nothing that commits while it reads", async () => {
    const log = memoryLog();
    const bell = createBell();
    await using tail = await startTail({ ...options(), bell, log });
    using _following = tail.window.join();
    const heard = tail.window.bell.rings;
    const read = log.entriesAfter.bind(log);
    log.entriesAfter = async (after, limit) => {
      const page = await read(after, limit);
      log.entriesAfter = read;
      // The page above is decided; now another delivery commits and rings.
      log.stored.push(entry(1));
      bell.ring();
      return page;
    };
    bell.ring();
    await tail.window.bell.after(heard, new AbortController().signal);
    expect(tail.window.newest).toBe(1);
  });

  it("goes on after the log could not be read, and says so", async () => {
    const log = memoryLog();
    const failures: unknown[] = [];
    const read = log.entriesAfter.bind(log);
    log.entriesAfter = async () => {
      log.entriesAfter = read;
      throw new Error("disk");
    };
    const report = { tailFailed: (error: unknown) => failures.push(error) };
    log.stored.push(entry(1));
    const bounds = async () => ({ epoch: "e", newest: 0, oldest: 0 });
    await using tail = await startTail({
      ...options(),
      log: Object.assign(log, { bounds }),
      report,
      pollMs: 1,
    });
    using _following = tail.window.join();
    const heard = tail.window.bell.rings;
    await tail.window.bell.after(Math.min(heard, 0), new AbortController().signal);
    expect([tail.window.newest, failures.length]).toEqual([1, 1]);
  });

  it("knows how long ago it saw the end of the log, which a full page is not, nor a reading that fails", async () => {
    const clock = { now: 0 };
    const log = memoryLog();
    await using tail = await startTail({ ...options(), log, pollMs: 1, now: () => clock.now });
    using _following = tail.window.join();
    const pages = [null, entries(1, 500), [], []];
    const lags: number[] = [];
    const { promise: isOver, resolve } = Promise.withResolvers<void>();
    // Each reading takes a second.
    log.entriesAfter = async () => {
      lags.push(tail.lagMs());
      clock.now += 1_000;
      const page = pages.shift();
      if (page === null) throw new Error("disk");
      if (pages.length === 0) resolve();
      return page ?? [];
    };
    await isOver;
    expect(lags).toEqual([0, 1_000, 2_000, 0]);
  });
});
