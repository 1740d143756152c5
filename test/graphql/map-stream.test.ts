import { describe, expect, it } from "vitest";
import { mapStream } from "../../src/graphql/map-stream.ts";

async function* counting() {
  yield 1;
  yield 2;
  yield 3;
}

const all = async <Value>(values: AsyncIterable<Value>) => Array.fromAsync(values);

describe("mapStream", () => {
  it("maps each value in order, and leaves out what becomes null", async () => {
    expect(await all(mapStream(counting(), (value) => (value === 2 ? null : value * 10)))).toEqual([10, 30]);
  });

  it("ends at once when it is returned while it waits", async () => {
    let returned = false;
    const silent = { next: () => new Promise<never>(() => {}), return: async () => void (returned = true) };
    const stream = mapStream(silent, (value) => value);
    void stream.next();
    expect(await stream.return!()).toEqual({ done: true, value: undefined });
    expect(returned).toBe(true);
  });

  it("has ended after an error of its source", async () => {
    const failing = { next: () => Promise.reject(new Error("away")) };
    const stream = mapStream(failing, (value) => value);
    await expect(stream.next()).rejects.toThrow("away");
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it("returns its source after an error of the mapping, and has ended", async () => {
    let returned = 0;
    const source = {
      next: async () => ({ done: false, value: 1 }) as const,
      return: async () => void returned++,
    };
    const stream = mapStream(source, () => {
      throw new Error("cannot");
    });
    await expect(stream.next()).rejects.toThrow("cannot");
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(returned).toBe(1);
  });

  it("returns its source once, however often it is returned", async () => {
    let returned = 0;
    const source = {
      next: async () => ({ done: false, value: 1 }) as const,
      return: async () => void returned++,
    };
    const stream = mapStream(source, (value) => value);
    await stream.return!();
    await stream.return!();
    expect(returned).toBe(1);
  });
});
