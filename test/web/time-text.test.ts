import { describe, expect, it } from "vitest";
import { agoText, durationText } from "../../src/web/client/time-text.ts";

describe("a span of time", () => {
  it.each([
    [-3, "0 s"],
    [59.4, "59 s"],
    [59.5, "1 min"],
    [3_569, "59 min"],
    [3_570, "1 h"],
    [3_660, "1 h 1 min"],
    [36_060, "10 h"],
    [86_370, "1 d"],
    [90_000, "1 d 1 h"],
    [864_000 + 3_600, "10 d"],
  ])("of %d seconds is %s", (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});

describe("what was, or is said to come", () => {
  const at = "2026-01-01T00:00:00Z";
  it.each([
    [9, "now"],
    [10, "10 s ago"],
    [59, "59 s ago"],
    [60, "1 min ago"],
    [3_599, "59 min ago"],
    [3_600, "1 h ago"],
    [86_399, "23 h ago"],
    [86_400, "1 d ago"],
    [-9, "now"],
    [-10, "in 10 s"],
    [-3.5 * 86_400, "in 3 d"],
  ])("%d seconds ago is told as %s", (seconds, text) => {
    expect(agoText(at, Date.parse(at) + seconds * 1_000)).toBe(text);
  });
});
