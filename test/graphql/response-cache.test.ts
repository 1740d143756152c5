import { describe, expect, it } from "vitest";
import { createResponseCache } from "../../src/graphql/response-cache.ts";

describe("a response cache", () => {
  it("gives an answer again while the version is the same", () => {
    const cache = createResponseCache(1_000);
    cache.set("a", 1, "x");
    expect(cache.get("a", 1)).toBe("x");
    expect(cache.get("b", 1)).toBeUndefined();
    expect(cache.get("a", 2)).toBeUndefined();
    // Not even when an old version were to come again.
    expect(cache.get("a", 1)).toBeUndefined();
  });

  it("forgets the oldest when there is no room", () => {
    const cache = createResponseCache(100);
    for (const key of ["a", "b", "c"]) cache.set(key, 1, "x".repeat(20));
    expect(["a", "b", "c"].map((key) => cache.get(key, 1) !== undefined)).toEqual([false, true, true]);
  });

  it("keeps what was asked for again, while new answers come and go", () => {
    const cache = createResponseCache(10_000_000);
    cache.set("again", 1, "x");
    cache.set("once", 1, "x");
    expect(cache.get("again", 1)).toBe("x");
    for (let turn = 0; turn < 10; turn += 1) cache.set(`new ${turn}`, 1, "x".repeat(100_000));
    expect(["again", "once", "new 0", "new 9"].map((key) => cache.get(key, 1) !== undefined)).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it("keeps no answer that would push out most others", () => {
    const cache = createResponseCache(10_000_000);
    cache.set("a", 1, "x".repeat(150_000));
    expect(cache.get("a", 1)).toBeUndefined();
  });
});
