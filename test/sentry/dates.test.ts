import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { microsecondsOf, millisecondsOf } from "../../src/sentry/dates.ts";

describe("millisecondsOf", () => {
  it.each([
    ["isoformat", "2025-11-10T20:56:00.679000+00:00", Date.UTC(2025, 10, 10, 20, 56, 0, 679)],
    ["isoformat without a fraction", "2026-10-01T10:13:00+00:00", Date.UTC(2026, 9, 1, 10, 13)],
    ["isoformat without a zone", "2026-10-01T10:00:04.738000", Date.UTC(2026, 9, 1, 10, 0, 4, 738)],
    ["%fZ", "2026-10-01T10:00:04.738999Z", Date.UTC(2026, 9, 1, 10, 0, 4, 738)],
    ["milliseconds alone", "2026-10-01T10:00:04.7Z", Date.UTC(2026, 9, 1, 10, 0, 4, 700)],
    ["more digits than it takes", "2026-10-01T10:00:04.123456789Z", Date.UTC(2026, 9, 1, 10, 0, 4, 123)],
    ["an offset east", "2026-10-01T10:00:00+05:30", Date.UTC(2026, 9, 1, 4, 30)],
    ["an offset west", "2026-10-01T20:00:00-09:45", Date.UTC(2026, 9, 2, 5, 45)],
    ["lower case", "2026-10-01t10:00:00z", Date.UTC(2026, 9, 1, 10)],
    ["a space", "2026-10-01 10:00:00Z", Date.UTC(2026, 9, 1, 10)],
    ["a leap day", "2028-02-29T00:00:00Z", Date.UTC(2028, 1, 29)],
    ["a leap second", "2016-12-31T23:59:60Z", Date.UTC(2017, 0, 1)],
    ["before the epoch", "1969-12-31T23:59:59.999999Z", -1],
    ["the first year", "0001-01-01T00:00:00Z", -62135596800000],
    ["a year of two digits", "0099-12-31T23:59:59Z", -59011459201000],
    ["the last moment", "9999-12-31T23:59:59.999999Z", 253402300799999],
  ])("reads %s", (_, text, milliseconds) => {
    expect(millisecondsOf(text)).toBe(milliseconds);
  });

  it.each([
    "",
    "2026-10-01",
    "2026-10-01T10:00:00+",
    "2026-10-01T10:00Z",
    "2026-10-01T10:00:00.Z",
    "2026-10-01T10:00:00+0000",
    "2026-13-01T10:00:00Z",
    "2026-00-01T10:00:00Z",
    "2026-10-00T10:00:00Z",
    "2026-02-29T10:00:00Z",
    "2026-10-01T24:00:00Z",
    "2026-10-01T10:60:00Z",
    "2026-10-01T10:00:61Z",
    "2026-10-01T10:00:00+24:00",
    "2026-10-01T10:00:00+00:60",
    "0000-12-31T23:59:59Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "+010000-01-01T00:00:00Z",
    " 2026-10-01T10:00:00Z",
    "2026-10-01T10:00:00Z\n",
    `2026-10-01T10:00:00.${"0".repeat(101)}Z`,
    1790848800000,
    null,
    true,
    {},
  ])("refuses %j", (value) => {
    expect(millisecondsOf(value)).toBe(null);
    expect(microsecondsOf(value)).toBe(null);
  });

  it("reads what every Date prints", () => {
    const noInvalidDate = true;
    const min = new Date(-62135596800000);
    const max = new Date(253402300799999);
    fc.assert(
      fc.property(fc.date({ min, max, noInvalidDate }), (date) => {
        expect(millisecondsOf(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});

describe("microsecondsOf", () => {
  it.each([
    ["2026-10-01T10:00:04.738123Z", 1790848804738123],
    ["2026-10-01T10:00:04.738Z", 1790848804738000],
    ["2026-10-01T10:00:04+00:00", 1790848804000000],
    ["1969-12-31T23:59:59.999999Z", -1],
    ["1970-01-01T00:00:04.123456789Z", 4_123_456],
  ])("reads %s", (text, microseconds) => {
    expect(microsecondsOf(text)).toBe(microseconds);
  });

  it("is null where a number would not be exact", () => {
    expect(microsecondsOf("2255-06-05T23:47:34.740991Z")).toBe(Number.MAX_SAFE_INTEGER);
    expect(microsecondsOf("2255-06-05T23:47:34.740992Z")).toBe(null);
    expect(microsecondsOf("0001-01-01T00:00:00Z")).toBe(null);
  });
});
