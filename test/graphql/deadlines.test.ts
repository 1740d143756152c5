import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createDeadlines } from "../../src/graphql/execution/deadlines.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("ends what takes too long, and nothing that was done before", () => {
  const deadlines = createDeadlines(1_000);
  const expired: string[] = [];
  const metTooLate = deadlines.begin(() => expired.push("first"), performance.now());
  const met = deadlines.begin(() => expired.push("met"), performance.now());
  vi.advanceTimersByTime(500);
  for (const name of ["second", "third"]) deadlines.begin(() => expired.push(name), performance.now());
  met();
  vi.advanceTimersByTime(499);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(expired).toEqual(["first"]);
  metTooLate();
  vi.advanceTimersByTime(500);
  expect(expired.toSorted()).toEqual(["first", "second", "third"]);
});

it("counts what was waited before", () => {
  const { begin } = createDeadlines(1_000);
  const since = performance.now();
  vi.advanceTimersByTime(600);
  const expired: string[] = [];
  begin(() => expired.push("waited"), since);
  vi.advanceTimersByTime(350);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(expired).toEqual(["waited"]);
});

it("has one timer for all, and none while nothing is awaited", () => {
  const { begin } = createDeadlines(1_000);
  const both = [begin(() => {}, performance.now()), begin(() => {}, performance.now())];
  expect(vi.getTimerCount()).toBe(1);
  for (const met of both) met();
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(0);
  begin(() => {}, performance.now());
  expect(vi.getTimerCount()).toBe(1);
});
