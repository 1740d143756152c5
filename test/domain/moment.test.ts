import { describe, expect, it } from "vitest";
import { momentAt } from "../../src/domain/moment.ts";

const noon = Date.UTC(2026, 2, 31, 12);

describe("momentAt", () => {
  const from = (now: string, months: number, milliseconds = 0) =>
    new Date(momentAt({ fromNow: { months, milliseconds } }, Date.parse(now))).toISOString();

  it("is the moment itself, whatever the clock shows", () => {
    expect(momentAt({ at: 5 }, noon)).toBe(5);
  });

  it.each([
    ["2026-03-31T12:00:00.123Z", -1, "2026-02-28T12:00:00.123Z"],
    ["2024-03-31T12:00:00.000Z", -1, "2024-02-29T12:00:00.000Z"],
    ["2024-02-29T00:00:00.000Z", -12, "2023-02-28T00:00:00.000Z"],
    ["2026-05-31T23:59:59.999Z", -1, "2026-04-30T23:59:59.999Z"],
    ["2026-01-31T00:00:00.000Z", 1, "2026-02-28T00:00:00.000Z"],
    ["2026-01-15T00:00:00.000Z", -13, "2024-12-15T00:00:00.000Z"],
    ["2026-03-31T12:00:00.000Z", 0, "2026-03-31T12:00:00.000Z"],
  ])("counts months of the calendar in UTC: %s and %i", (now, months, then) => {
    expect(from(now, months)).toBe(then);
  });

  it("counts months before milliseconds", () => {
    expect(from("2026-03-31T00:00:00.000Z", -1, -86_400_000)).toBe("2026-02-27T00:00:00.000Z");
    expect(from("2026-01-31T00:00:00.000Z", 1, 86_400_000)).toBe("2026-03-01T00:00:00.000Z");
  });

  it("ends where time does", () => {
    expect(momentAt({ fromNow: { months: -1e12, milliseconds: 0 } }, noon)).toBe(-8.64e15);
    expect(momentAt({ fromNow: { months: 1e12, milliseconds: -1 } }, noon)).toBe(8.64e15);
    expect(momentAt({ fromNow: { months: 0, milliseconds: 1e300 } }, noon)).toBe(8.64e15);
  });
});
