import { describe, expect, it } from "vitest";
import { agoText, durationText } from "../../src/web/client/time-text.ts";

describe("a span of time", () => {
  it.each([
    [-3, "0 s"],
    [59.9, "59 s"],
    [60, "1 min"],
    [3_599, "59 min"],
    [3_600, "1 h"],
    [3_660, "1 h 1 min"],
    [36_060, "10 h"],
    [86_399, "23 h"],
    [86_400, "1 d"],
    [93_599, "1 d 1 h"],
    [864_000 + 3_600, "10 d"],
  ])("of %d seconds is %s", (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});

it.each([27.6, 51.7 * 60, 3.9 * 3_600, 2.8 * 86_400])(
  "%d seconds begin alike as what has lasted and as what was",
  (seconds) => {
    const [count, unit] = durationText(seconds).split(" ");
    expect(agoText(new Date(0).toISOString(), seconds * 1_000)).toBe(`${count} ${unit} ago`);
  },
);

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
