import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createPages } from "../../src/stream/pages.ts";
import { entries } from "./entries.ts";

const size = 10;

/** Pages of a log of so many entries, and where the store was read, in turn. */
function pagesOf(count: number, { mostHeld = 4, patienceMs = 20_000 } = {}) {
  const log = entries(1, count);
  const state = { forgotten: 0, isFailing: false, onRead: () => {} };
  const reads: number[] = [];
  const pages = createPages({
    size,
    mostHeld,
    patienceMs,
    forgotten: () => state.forgotten,
    log: {
      async entriesAfter(after, limit) {
        reads.push(after);
        state.onRead();
        if (state.isFailing) throw new Error("no disk");
        return log.slice(after, after + limit);
      },
      bounds: async () => ({ epoch: "e", newest: count, oldest: 0 }),
    },
  });
  const page = (first: number, by: object) => pages.page(String(first), first, by);
  return {
    state,
    reads,
    readOn: page,
    done: pages.done,
    /** For one who wants this page alone. */
    async page(first: number) {
      const by = {};
      try {
        return await page(first, by);
      } finally {
        pages.done(by);
      }
    },
  };
}

describe("pages", () => {
  it("are read once for all who ask, and held for those who come soon after", async () => {
    const { page, reads } = pagesOf(30);
    const [one, other] = await Promise.all([page(10), page(10)]);
    expect(one?.entries.map(({ event }) => event.seq)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(other).toBe(one);
    expect(await page(10)).toBe(one);
    expect(reads).toEqual([10]);
  });

  it("are held no more than so many, those that were asked for last", async () => {
    const { page, reads } = pagesOf(30, { mostHeld: 2 });
    for (const first of [0, 10, 0, 20, 0]) await page(first);
    expect(reads).toEqual([0, 10, 20]);
    await page(10);
    expect(reads).toEqual([0, 10, 20, 10]);
  });

  it("let everything else have its turn between two", async () => {
    const { page, reads } = pagesOf(100);
    const asked = Promise.all([0, 10, 20, 30, 40].map(page));
    const seen: number[] = [];
    for (let index = 0; index < 5; index += 1) {
      await turn();
      seen.push(reads.length);
    }
    expect(Math.max(...seen.map((now, index) => now - (seen[index - 1] ?? 0)))).toBeLessThanOrEqual(1);
    await asked;
  });

  it("bring those together who read on from many places, so that each is read a few times and not by each of them", async () => {
    const [count, readers] = [100, 300];
    const { readOn, done, reads } = pagesOf(count * size);
    const read = async (from: number, by: object): Promise<void> => {
      for (let first = from * size; first < count * size; first += size) {
        await readOn(first, by);
        // What is on it is told in turns.
        for (let turns = from % 5; turns > 0; turns -= 1) await turn();
      }
      done(by);
    };
    // Spread over the log, and in no order of their places.
    await Promise.all(Array.from({ length: readers }, (_, index) => read((index * 37) % count, {})));
    expect(new Set(reads).size).toBe(count);
    expect(reads.length).toBeLessThan(2 * count);
  });

  it("bring those to the end who leave again and again, and come back where they were", async () => {
    const [count, readers] = [100, 200];
    const { readOn, done, reads } = pagesOf(count * size);
    const most = 20 * count;
    const turns = async (number: number): Promise<void> => {
      for (let left = number; left > 0; left -= 1) await turn();
    };
    const read = async (index: number): Promise<void> => {
      for (let at = (index * 37) % count; at < count && reads.length < most;) {
        const [by, leaving] = [{}, turns(60 + (index % 60)).then(() => true)];
        for (let isGone = false; !isGone && at < count && reads.length < most;) {
          const page = readOn(at * size, by).then(() => false);
          isGone = await Promise.race([page, leaving]);
          if (isGone) void page.then(() => done(by));
          // What is on it is told in turns.
          else await turns(5).then(() => (at += 1));
        }
        done(by);
        await turns(index % 20);
      }
    };
    await Promise.all(Array.from({ length: readers }, (_, index) => read(index)));
    expect(new Set(reads).size).toBe(count);
    expect(reads.length).toBeLessThan(4 * count);
  });

  it("keep nobody near the end waiting for one who reads all of it, nor for a thousand who read from everywhere", async () => {
    const [count, readers] = [500, 1_000];
    const { readOn, done, reads } = pagesOf(count * size);
    const read = async (from: number): Promise<number> => {
      const by = {};
      const before = reads.length;
      for (let first = from * size; first < count * size; first += size) await readOn(first, by);
      done(by);
      return reads.length - before;
    };
    const all = read(0);
    while (reads.length < 10) await turn();
    // Each page of its own has it wait for one round at most, which is two readings, and the one that is under way.
    expect(await read(count - 3)).toBeLessThan(10);
    const everyone = Array.from({ length: readers }, (_, index) => read((index * 37) % (count - 100)));
    while (reads.length < 50) await turn();
    expect(await read(count - 3)).toBeLessThan(10);
    await Promise.all([all, ...everyone]);
    expect(reads.length).toBeLessThan(4 * count);
  });

  it("bring one to the end who reads all of it, however many come who have less to read", async () => {
    const count = 50;
    const { page, readOn, done, reads, state } = pagesOf(1_000 * size);
    let further = count;
    const others: Promise<unknown>[] = [];
    state.onRead = () => {
      if (further < 990) others.push(page((further += 1) * size));
    };
    const by = {};
    for (let first = 0; first < count * size; first += size) await readOn(first, by);
    done(by);
    expect(reads.length).toBeLessThan(3 * count);
    await Promise.all(others);
  });

  it("wait for nobody who neither reads on nor says that it does not", async () => {
    const { readOn, page, reads } = pagesOf(100, { patienceMs: 1 });
    await readOn(0, {});
    await page(50);
    expect(reads).toEqual([0, 50]);
  });

  it("keep nobody waiting for those who come later and further back", async () => {
    const { page, reads, state } = pagesOf(1_000 * size);
    let back = 900;
    const others: Promise<unknown>[] = [];
    // With each that is read, another is asked for that is further back.
    state.onRead = () => {
      if (back > 0) others.push(page((back -= 1) * size));
    };
    others.push(page(back * size));
    await page(950 * size);
    expect(reads.length).toBeLessThan(10);
    await Promise.all(others);
  });

  it("fail for those who asked, and are asked for anew by the next", async () => {
    const { page, state } = pagesOf(30);
    state.isFailing = true;
    const asked = [page(0), page(10)];
    await expect(asked[0]).rejects.toThrow("no disk");
    await expect(asked[1]).rejects.toThrow("no disk");
    state.isFailing = false;
    expect((await page(0))?.entries).toHaveLength(size);
  });

  it("are read again once anything was forgotten, also while they are read", async () => {
    const { page, reads, state } = pagesOf(30);
    await page(0);
    state.forgotten += 1;
    await page(0);
    await page(0);
    expect(reads).toEqual([0, 0]);
    state.onRead = () => {
      state.forgotten += 1;
      state.onRead = () => {};
    };
    await page(10);
    expect(reads).toEqual([0, 0, 10, 10]);
  });

  it("are not read, nor read again, for those who are gone", async () => {
    const { readOn, done, page, reads, state } = pagesOf(50);
    const [first, second, third] = [{}, {}, {}];
    // As while nobody follows: each commit has what was there before forgotten.
    state.onRead = () => {
      if (reads.length > 20) return;
      state.forgotten += 1;
      done(first);
      done(second);
    };
    const asked = [readOn(0, first), readOn(10, second), readOn(20, third)];
    expect(await Promise.all(asked.slice(0, 2))).toEqual([null, null]);
    expect((await asked[2])?.entries).toHaveLength(size);
    done(third);
    expect(reads.filter((after) => after < 20)).toEqual([0]);
    expect((await page(0))?.entries).toHaveLength(size);
  });

  it("are read for whoever asks while they are read for one who is gone", async () => {
    const { readOn, done, page, reads, state } = pagesOf(50);
    const gone = {};
    let other: ReturnType<typeof page> | undefined;
    state.onRead = () => {
      if (reads.length > 1) return;
      done(gone);
      other = page(0);
    };
    expect(await readOn(0, gone)).toBeNull();
    expect((await other)?.entries).toHaveLength(size);
  });
});
