import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createDeadlines } from "../../src/graphql/execution/deadlines.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("ends what takes too long, and nothing that was done before", () => {
  const deadlines = createDeadlines(1_000);
  const expired: string[] = [];
  const metTooLate = deadlines.begin(() => expired.push("first"));
  const met = deadlines.begin(() => expired.push("met"));
  vi.advanceTimersByTime(500);
  for (const name of ["second", "third"]) deadlines.begin(() => expired.push(name));
  met();
  vi.advanceTimersByTime(499);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(expired).toEqual(["first"]);
  metTooLate();
  vi.advanceTimersByTime(500);
  expect(expired.toSorted()).toEqual(["first", "second", "third"]);
});

it("has one timer for all, and none while nothing is awaited", () => {
  const { begin } = createDeadlines(1_000);
  const both = [begin(() => {}), begin(() => {})];
  expect(vi.getTimerCount()).toBe(1);
  for (const met of both) met();
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(0);
  begin(() => {});
  expect(vi.getTimerCount()).toBe(1);
});
