import { describe, expect, it } from "vitest";
import { createWindow } from "../../src/stream/window.ts";
import { entries, entry, seqs } from "./entries.ts";

describe("a window", () => {
  it("gives what follows a position, up to the limit", () => {
    const window = createWindow(10, 100);
    window.add(entries(11, 20));
    expect(seqs(window.after(10, 3))).toEqual([11, 12, 13]);
    expect(seqs(window.after(18, 100))).toEqual([19, 20]);
    expect(seqs(window.after(20, 100))).toEqual([]);
    expect(window.newest).toBe(20);
  });

  it("finds its place between positions that were never handed out", () => {
    const window = createWindow(0, 100);
    window.add([entry(5), entry(9)]);
    expect(seqs(window.after(6, 100))).toEqual([9]);
  });

  it("says that it does not reach back to what came before it", () => {
    const window = createWindow(10, 100);
    window.add(entries(11, 20));
    expect(window.after(9, 100)).toBeNull();
  });

  it("forgets the entries about one issue, and finds its place among what is left", () => {
    const window = createWindow(0, 100);
    const about = (seq: number, issueId: string) => ({
      ...entry(seq),
      event: { ...entry(seq).event, issueId },
    });
    window.add([about(1, "a"), about(2, "b"), about(3, "a"), about(4, "b")]);
    window.forget("a");
    expect(window.forgotten).toBe(1);
    expect(seqs(window.after(0, 100))).toEqual([2, 4]);
    expect(seqs(window.after(3, 100))).toEqual([4]);
    expect(window.newest).toBe(4);
  });

  it("forgets the oldest, and says so to who asks for them", () => {
    const window = createWindow(0, 3);
    for (let seq = 1; seq <= 7; seq += 1) window.add([entry(seq)]);
    expect(window.after(3, 100)).toBeNull();
    expect(seqs(window.after(4, 100))).toEqual([5, 6, 7]);
    // What was cut is gone: the next cut is as many entries away.
    window.add([entry(8)]);
    expect(seqs(window.after(4, 100))).toEqual([5, 6, 7, 8]);
  });

  it("has nothing for a position that it has not come to yet", () => {
    expect(seqs(createWindow(3, 10).after(8, 100))).toEqual([]);
  });

  it("rings when something went in, and only then", () => {
    const window = createWindow(0, 3);
    window.add([]);
    expect(window.bell.rings).toBe(0);
    window.add([entry(1)]);
    expect(window.bell.rings).toBe(1);
  });

  it("begins anew further on, and wakes who has joined by then", () => {
    const window = createWindow(0, 10);
    window.add(entries(1, 3));
    const rings = window.bell.rings;
    window.skipTo(3);
    expect([window.bell.rings, seqs(window.after(0, 10))]).toEqual([rings, [1, 2, 3]]);
    window.skipTo(7);
    expect([window.bell.rings, window.newest]).toEqual([rings + 1, 7]);
    expect([window.after(6, 10), seqs(window.after(7, 10))]).toEqual([null, []]);
  });

  it("holds nothing of before it began anew", () => {
    const window = createWindow(0, 2);
    window.add(entries(1, 3));
    window.skipTo(7);
    window.add(entries(8, 9));
    expect([window.after(3, 10), seqs(window.after(7, 10))]).toEqual([null, [8, 9]]);
  });

  it("knows how many follow, and counts each once", () => {
    const window = createWindow(0, 10);
    const one = window.join();
    using _other = window.join();
    one[Symbol.dispose]();
    one[Symbol.dispose]();
    expect(window.followers).toBe(1);
  });
});
