import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startIdleWork, type IdleTask } from "../../src/store/sqlite/idle-work.ts";

/** A task of so many slices. */
function taskOf(slices: number, mostWaiting = 0): IdleTask & { left: number } {
  const task = {
    left: slices,
    mostWaiting,
    waiting: () => task.left,
    slice() {
      task.left = Math.max(0, task.left - 1);
      return task.left > 0;
    },
  };
  return task;
}

describe("what can wait", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is done while nothing is written, to its end", () => {
    const task = taskOf(3);
    const sliced = vi.fn();
    using _ = startIdleWork([task], sliced);
    vi.advanceTimersByTime(99);
    expect(task.left).toBe(3);
    vi.advanceTimersByTime(1_000);
    expect(task.left).toBe(0);
    expect(sliced).toHaveBeenCalledTimes(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits while something is written, unless too much of it does", () => {
    const [little, much] = [taskOf(50, 100), taskOf(103, 100)];
    const sliced = vi.fn();
    using idle = startIdleWork([little, much], sliced);
    for (let round = 0; round < 100; round += 1) {
      idle.wrote();
      vi.advanceTimersByTime(10);
    }
    expect([little.left, much.left]).toEqual([50, 100]);
    expect(sliced).toHaveBeenCalledTimes(3);
    vi.advanceTimersByTime(10_000);
    expect([little.left, much.left]).toEqual([0, 0]);
  });

  it("is tried again after another commit, when SQLite would not have it", () => {
    const task = { ...taskOf(1), slice: vi.fn<() => boolean>() };
    task.slice.mockImplementationOnce(() => {
      throw new Database.SqliteError("database or disk is full", "SQLITE_FULL");
    });
    using idle = startIdleWork([task], () => {});
    vi.advanceTimersByTime(1_000);
    expect(task.slice).toHaveBeenCalledTimes(1);
    idle.wrote();
    vi.advanceTimersByTime(1_000);
    expect(task.slice).toHaveBeenCalledTimes(2);
  });

  it("hides no fault of this program", () => {
    const slice = () => {
      throw new TypeError("a fault");
    };
    using _ = startIdleWork([{ ...taskOf(1), slice }], () => {});
    expect(() => vi.advanceTimersByTime(100)).toThrow("a fault");
  });

  it("is tried again, too, when SQLite would not say how much of it waits while something is written", () => {
    const task = { ...taskOf(1), waiting: vi.fn<() => number>() };
    task.waiting.mockImplementation(() => {
      throw new Database.SqliteError("disk I/O error", "SQLITE_IOERR_READ");
    });
    using idle = startIdleWork([task], () => {});
    vi.advanceTimersByTime(90);
    idle.wrote();
    vi.advanceTimersByTime(50);
    expect(task.waiting).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_000);
    expect(task.waiting).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is left alone once it is disposed of", () => {
    const task = taskOf(5);
    startIdleWork([task], () => {})[Symbol.dispose]();
    vi.advanceTimersByTime(1_000);
    expect(task.left).toBe(5);
  });
});
