import { describe, expect, it } from "vitest";
import { createBell } from "../../src/stream/bell.ts";
import { createRecentBounds } from "../../src/stream/recent-bounds.ts";

function recentBoundsOfAMoment() {
  const clock = { now: 1_000 };
  const committed = createBell();
  const log = {
    newest: 0,
    reads: 0,
    fails: false,
    async bounds() {
      log.reads += 1;
      if (log.fails) throw new Error("away");
      return { epoch: "e", newest: log.newest, oldest: 0 };
    },
  };
  const recentBounds = createRecentBounds({ log, committed, withinMs: 20, now: () => clock.now });
  return { clock, committed, log, newest: async () => (await recentBounds()).newest };
}

describe("the bounds of a moment ago", () => {
  it("are read once for all who ask within it", async () => {
    const { clock, log, newest } = recentBoundsOfAMoment();
    await Promise.all(Array.from({ length: 1_000 }, newest));
    clock.now = 1_019;
    await newest();
    expect(log.reads).toBe(1);
    log.newest = 1;
    clock.now = 1_020;
    expect([await newest(), log.reads]).toEqual([1, 2]);
  });

  it("have whatever this process committed", async () => {
    const { committed, log, newest } = recentBoundsOfAMoment();
    await newest();
    log.newest = 1;
    committed.ring();
    expect(await newest()).toBe(1);
  });

  it("are read again where they could not be read", async () => {
    const { log, newest } = recentBoundsOfAMoment();
    log.fails = true;
    await expect(newest()).rejects.toThrow("away");
    log.fails = false;
    expect(await newest()).toBe(0);
  });
});
