import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDateTime, parseDateTime, parseDuration } from "../../src/graphql/filters/date-time.ts";

describe("parseDateTime", () => {
  it.each([
    ["2026-11-23T10:15:30.123Z", "2026-11-23T10:15:30.123Z"],
    ["2026-11-23t10:15:30z", "2026-11-23T10:15:30.000Z"],
    ["2026-11-23 10:15:30Z", "2026-11-23T10:15:30.000Z"],
    ["2026-11-23T10:15:30.1Z", "2026-11-23T10:15:30.100Z"],
    ["2026-11-23T10:15:30.679999+00:00", "2026-11-23T10:15:30.679Z"],
    ["2026-11-23T10:15:30+05:30", "2026-11-23T04:45:30.000Z"],
    ["2026-11-23T10:15:30-00:30", "2026-11-23T10:45:30.000Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
    ["2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
  ])("reads %s", (text, time) => {
    expect(new Date(parseDateTime(text)!).toISOString()).toBe(time);
  });

  it.each([
    "",
    "2026-11-23",
    "2026-11-23T10:15:30",
    "2026-11-23T10:15Z",
    "2026-13-01T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-11-31T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-11-23T24:00:00Z",
    "2026-11-23T10:60:00Z",
    "2026-11-23T10:15:61Z",
    "2026-11-23T10:15:30+24:00",
    "2026-11-23T10:15:30.Z",
    "26-11-23T10:15:30Z",
    "2026-11-23T10:15:30Z ",
    "-P7D",
    "1763893530000",
  ])("does not read %j", (text) => {
    expect(parseDateTime(text)).toBe(null);
  });
});

describe("formatDateTime", () => {
  it("writes milliseconds in UTC", () => {
    expect(formatDateTime(Date.UTC(2026, 10, 23, 10, 15, 30, 5))).toBe("2026-11-23T10:15:30.005Z");
  });

  it("writes what a Date does", () => {
    const [first, last] = [Date.UTC(0, 0) - 1900 * 366 * 86_400_000, Date.UTC(9999, 11, 31)];
    const time = fc.oneof(fc.integer({ min: -2_000, max: 2_000 }), fc.integer({ min: first, max: last }));
    fc.assert(
      fc.property(time, (epochMs) => {
        const written = new Date(epochMs).toISOString();
        if (written.length === 24) expect(formatDateTime(epochMs)).toBe(written);
        // Of the same day as the last one.
        expect(formatDateTime(Date.UTC(2026, 10, 23, 23, 59, 59, 999))).toBe("2026-11-23T23:59:59.999Z");
        expect(formatDateTime(Date.UTC(2026, 10, 23))).toBe("2026-11-23T00:00:00.000Z");
      }),
    );
  });

  it.each([Date.UTC(10_000, 0), Date.UTC(-1, 0)])("refuses %i, which RFC 3339 cannot write", (time) => {
    expect(() => formatDateTime(time)).toThrow(RangeError);
  });
});

const hour = 3_600_000;

describe("parseDuration", () => {
  it.each([
    ["-P7D", 0, -7 * 24 * hour],
    ["P1W", 0, 7 * 24 * hour],
    ["+PT36H", 0, 36 * hour],
    ["-PT90M", 0, -1.5 * hour],
    ["PT0.5S", 0, 500],
    ["-P0.5D", 0, -12 * hour],
    ["PT1H1,5M", 0, hour + 90_000],
    ["P1Y0.5W", 12, 84 * hour],
    ["-P1M", -1, 0],
    ["-P1Y2M", -14, 0],
    ["-P1Y2M3W4DT5H6M7S", -14, -((25 * 24 + 5) * hour + 6 * 60_000 + 7000)],
    ["P0D", 0, 0],
    ["-P0D", 0, 0],
  ])("reads %s", (text, months, milliseconds) => {
    expect(parseDuration(text)).toEqual({ fromNow: { months, milliseconds } });
  });

  it.each([
    "",
    "P",
    "-P",
    "PT",
    "P7",
    "7D",
    "P1DT",
    "P-7D",
    "P1.5M",
    "P1.5Y",
    "P1.5DT1H",
    "P1.D",
    "P.5D",
    "PT1H30",
    "P1D1Y",
    "p1d",
    "P1001Y",
    "P366001D",
  ])("does not read %j", (text) => {
    expect(parseDuration(text)).toBe(null);
  });
});
