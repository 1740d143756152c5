import { describe, expect, it } from "vitest";
import { createResponseCache } from "../../src/graphql/caching/response-cache.ts";

/** A cache of so many bytes that has been offered something under these keys once. */
function cacheThatSaw(maxBytes: number, ...keys: readonly string[]) {
  const cache = createResponseCache(maxBytes);
  for (const key of keys) cache.set(key, 0, "");
  return cache;
}

describe("a response cache", () => {
  it("gives an answer again while the version is the same", () => {
    const cache = cacheThatSaw(1_000, "a");
    cache.set("a", 1, "x");
    expect(cache.get("a", 1)).toBe("x");
    expect(cache.get("b", 1)).toBeUndefined();
    expect(cache.get("a", 2)).toBeUndefined();
    // Not even when an old version were to come again.
    expect(cache.get("a", 1)).toBeUndefined();
  });

  it("keeps no answer to what was asked for the first time", () => {
    const cache = createResponseCache(1_000);
    cache.set("a", 1, "x");
    expect(cache.get("a", 1)).toBeUndefined();
    cache.set("a", 1, "x");
    expect(cache.get("a", 1)).toBe("x");
  });

  it("tells keys apart by their ends, and by their lengths", () => {
    const long = "y".repeat(5_000);
    const cache = cacheThatSaw(100_000, `${long}1`);
    for (const key of [`${long}2`, `y${long}1`]) {
      cache.set(key, 1, "x");
      expect(cache.get(key, 1)).toBeUndefined();
    }
  });

  it("takes no key for another that shares what is remembered of it", () => {
    const same = "y".repeat(5_000);
    const cache = cacheThatSaw(100_000, `1${same}`);
    cache.set(`2${same}`, 1, "x");
    expect(cache.get(`1${same}`, 1)).toBeUndefined();
    expect(cache.get(`2${same}`, 1)).toBe("x");
  });

  it("forgets the oldest when there is no room", () => {
    const cache = cacheThatSaw(100, "a", "b", "c");
    for (const key of ["a", "b", "c"]) cache.set(key, 1, "x".repeat(20));
    expect(["a", "b", "c"].map((key) => cache.get(key, 1) !== undefined)).toEqual([false, true, true]);
  });

  it("has room for an answer once, however often that is offered, and again once there is another version", () => {
    const cache = cacheThatSaw(100, "a", "b");
    for (const version of [1, 2]) {
      for (const key of ["a", "a", "b"]) cache.set(key, version, "x".repeat(20));
      expect(["a", "b"].map((key) => cache.get(key, version) !== undefined)).toEqual([true, true]);
    }
  });

  it("keeps no answer that would push out most others", () => {
    const cache = cacheThatSaw(10_000_000, "a");
    cache.set("a", 1, "x".repeat(150_000));
    expect(cache.get("a", 1)).toBeUndefined();
  });
});
