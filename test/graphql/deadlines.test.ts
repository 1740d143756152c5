import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createDeadlines } from "../../src/graphql/execution/deadlines.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("ends what takes too long, in the order in which it began, and nothing that was done before", () => {
  const deadlines = createDeadlines(1_000);
  const expired: string[] = [];
  deadlines.begin(() => expired.push("first"));
  const met = deadlines.begin(() => expired.push("met"));
  vi.advanceTimersByTime(500);
  deadlines.begin(() => expired.push("second"));
  met();
  vi.advanceTimersByTime(499);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(expired).toEqual(["first"]);
  vi.advanceTimersByTime(500);
  expect(expired).toEqual(["first", "second"]);
});

it("has no timer while nothing is awaited", () => {
  const { begin } = createDeadlines(1_000);
  const met = begin(() => {});
  expect(vi.getTimerCount()).toBe(1);
  met();
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(0);
  begin(() => {});
  expect(vi.getTimerCount()).toBe(1);
});
