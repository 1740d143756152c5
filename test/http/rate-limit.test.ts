import { describe, expect, it } from "vitest";
import { createRateLimit } from "../../src/http/limits/rate-limit.ts";

function limited(options: { maxKeys?: number } = {}) {
  const clock = { now: 0 };
  const limit = createRateLimit({ burst: 4, perMs: 8000, now: () => clock.now, ...options });
  /** How many of so many are within the rate. */
  const allowed = (key: string, times: number) =>
    Array.from({ length: times }, () => limit.exceededFor(key)).filter((seconds) => seconds === 0).length;
  return { clock, limit, allowed };
}

describe("a rate limit", () => {
  it("lets a burst pass, then as many in each period, evenly", () => {
    const { clock, allowed } = limited();
    expect(allowed("a", 10)).toBe(4);
    clock.now += 1999;
    expect(allowed("a", 10)).toBe(0);
    clock.now += 1;
    expect(allowed("a", 10)).toBe(1);
    clock.now += 8000;
    expect(allowed("a", 10)).toBe(4);
  });

  it("saves up no more than a burst", () => {
    const { clock, allowed } = limited();
    expect(allowed("a", 10)).toBe(4);
    clock.now += 1_000_000;
    expect(allowed("a", 10)).toBe(4);
  });

  it("tells in how many seconds the next would pass, however often it is asked before", () => {
    const { clock, limit, allowed } = limited();
    allowed("a", 100);
    expect(limit.exceededFor("a")).toBe(2);
    clock.now += 1500;
    expect(limit.exceededFor("a")).toBe(1);
    clock.now += 500;
    expect(limit.exceededFor("a")).toBe(0);
  });

  it("is one for each key", () => {
    const { allowed } = limited();
    expect([allowed("a", 10), allowed("b", 10)]).toEqual([4, 4]);
  });

  it("remembers so many keys, those heard of last", () => {
    const { allowed } = limited({ maxKeys: 2 });
    expect([allowed("a", 1), allowed("b", 1), allowed("a", 1)]).toEqual([1, 1, 1]);
    // There is no place left for "b", which starts anew and takes the place of "a".
    expect(allowed("c", 1)).toBe(1);
    expect([allowed("a", 10), allowed("b", 10), allowed("c", 10)]).toEqual([2, 4, 4]);
  });
});
